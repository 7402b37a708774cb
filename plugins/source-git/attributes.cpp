#include "attributes.hpp"

#include <array>

namespace stoker::git {
namespace {

constexpr std::size_t value_bytes_max = 64;  // of an attribute, in a message

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

bool is_utf8(std::string_view encoding) {
  std::string small(encoding);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return small == "utf-8" || small == "utf8";
}

std::string shown(std::string_view value) {
  std::string text(value.substr(0, value_bytes_max));
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

// The text of an attribute with a value; empty for one without.
std::string_view text_of(const char* value) {
  return git_attr_value(value) == GIT_ATTR_VALUE_STRING ? std::string_view(value) : std::string_view();
}

}  // namespace

bool may_change_bytes(std::string_view gitattributes) {
  for (std::string_view word : {"eol=crlf", "working-tree-encoding=", "ident"})
    if (gitattributes.find(word) != gitattributes.npos) return true;
  return count_of(gitattributes, "filter=") > count_of(gitattributes, "filter=lfs");
}

Attributes::Attributes(git_repository* repository, const git_oid& commit) : repository_(repository) {
  options_.version = GIT_ATTR_OPTIONS_VERSION;
  options_.flags = GIT_ATTR_CHECK_NO_SYSTEM | GIT_ATTR_CHECK_INCLUDE_COMMIT;
  options_.attr_commit_id = commit;
}

std::optional<AtCheckout> Attributes::of(const std::string& path) const {
  std::array names = {"text", "crlf", "eol", "working-tree-encoding", "ident", "filter"};
  std::array<const char*, names.size()> values{};
  git_attr_options options = options_;  // libgit2 takes it without const
  if (git_attr_get_many_ext(values.data(), repository_, &options, path.c_str(), names.size(), names.data()) < 0)
    return std::nullopt;
  auto [text, crlf, eol, encoding, ident, filter] = values;
  if (git_attr_value(text) == GIT_ATTR_VALUE_UNSPECIFIED) text = crlf;  // the older name
  AtCheckout at;
  if (git_attr_value(text) != GIT_ATTR_VALUE_FALSE && text_of(eol) == "crlf")
    at.conversion.line_ends = text_of(text) == "auto" ? Conversion::LineEnds::crlf_if_text : Conversion::LineEnds::crlf;
  if (!is_utf8(text_of(encoding))) at.conversion.encoding = shown(text_of(encoding));
  if (git_attr_value(ident) == GIT_ATTR_VALUE_TRUE) at.other = "ident";
  if (!text_of(filter).empty() && text_of(filter) != "lfs") at.other = "filter=" + shown(text_of(filter));
  return at;
}

std::string AtCheckout::text() const {
  std::string text;
  if (conversion.line_ends != Conversion::LineEnds::as_committed) text = "eol=crlf";
  if (!conversion.encoding.empty())
    text += (text.empty() ? "" : " ") + std::string("working-tree-encoding=") + conversion.encoding;
  if (!other.empty()) text += (text.empty() ? "" : " ") + other;
  return text;
}

}  // namespace stoker::git
