#include "patch_path.hpp"

#include "../paths.hpp"

#include <stoker/utf8.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

namespace stoker::merge {
namespace {

constexpr std::string_view queries = "*?#|@";

Error bad(std::string_view path, const std::string& why) {
  return Error(errc::invalid, "patch path '" + sayable(path, 256) + "': " + why, "merge.bad-patch");
}

bool is_utf8(std::string_view text) {
  while (const std::size_t size = utf8_length(text)) text.remove_prefix(size);
  return text.empty();
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A number that is too large is an index that no array has.
std::uint64_t index_of(std::string_view digits) {
  std::uint64_t index = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  return read.ec == std::errc() ? index : std::numeric_limits<std::uint64_t>::max();
}

// Takes one part from the front of `rest`, up to a dot or the end.
Result<PathPart> take_part(std::string_view path, std::string_view& rest, PathDialect dialect) {
  PathPart part;
  if (rest.starts_with('.') || rest.empty())
    return bad(path, "a part between two dots is empty; write : for the key \"\", or \\. for a dot in a key");
  if (rest.starts_with(':')) part.forced = true, rest.remove_prefix(1);
  bool escaped = false;
  for (; !rest.empty() && rest.front() != '.'; rest.remove_prefix(1)) {
    char c = rest.front();
    const std::string shown(1, c);
    if (queries.find(c) != std::string_view::npos)
      return bad(path, "'" + shown + "' would make it a query; write \\" + shown + " for a key with this character");
    if (dialect == PathDialect::jq && (c == '[' || c == ']'))
      return bad(path, "write .list.0 for an index, and \\" + shown + " for a key with this character");
    if (c == '\\') {
      rest.remove_prefix(1);
      if (rest.empty()) return bad(path, "it ends in a backslash; write \\\\ for a backslash in a key");
      c = rest.front();
      escaped = true;
    }
    part.key += c;
  }
  if (all_digits(part.key)) part.index = index_of(part.key);
  if (part.index && escaped)
    return bad(path,
               "write " + part.key + " for an index, and :" + part.key + " for a key; a digit needs no backslash");
  return part;
}

}  // namespace

Result<PatchPath> PatchPath::parse(std::string_view text, PathDialect dialect) {
  PatchPath path;
  path.text_ = std::string(text);
  std::string_view rest = text;
  if (dialect == PathDialect::jq && rest.starts_with('.')) rest.remove_prefix(1);
  if (rest.empty()) return bad(text, "it is empty; name a value, such as connection.host");
  if (text.size() > patch_path_bytes_max)
    return bad(text, "it is longer than " + std::to_string(patch_path_bytes_max) + " bytes");
  if (!is_utf8(text)) return bad(text, "it is not UTF-8; a key that is written has to be");
  for (;;) {
    if (path.parts_.size() == patch_path_parts_max)
      return bad(text, "it has more than " + std::to_string(patch_path_parts_max) + " parts");
    auto part = take_part(text, rest, dialect);
    if (!part) return std::move(part).error();
    path.parts_.push_back(std::move(part).value());
    path.ends_.push_back(text.size() - rest.size());
    if (rest.empty()) return path;
    rest.remove_prefix(1);  // the dot
  }
}

std::string_view PatchPath::first(std::size_t count) const {
  return count == 0 ? std::string_view() : std::string_view(text_).substr(0, ends_[count - 1]);
}

}  // namespace stoker::merge
