#include "lfs_pointer.hpp"

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr std::size_t oid_digits = 64;
constexpr std::string_view oid_type = "sha256:";

struct Version {
  std::string_view url, family;
};
// The name of the version today, and its two former names.
constexpr Version versions[] = {{"https://git-lfs.github.com/spec/v1", "https://git-lfs.github.com/spec/"},
                                {"https://hawser.github.com/spec/v1", "https://hawser.github.com/spec/"},
                                {"http://git-media.io/v/2", "http://git-media.io/v/"}};

// Git LFS ignores white space around the text.
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
  return text.substr(0, text.find_last_not_of(space) + 1);
}

// The value of the next line, which must have this key. Skips empty lines; accepts the line ends of any system.
std::optional<std::string_view> next(std::string_view& rest, std::string_view key) {
  std::string_view line;
  while (line.empty() && !rest.empty()) {
    line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
  }
  if (!line.starts_with(key) || line.size() == key.size() || line[key.size()] != ' ') return std::nullopt;
  return line.substr(key.size() + 1);
}

bool is_oid(std::string_view text) {
  return text.size() == oid_digits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_size(std::string_view text, std::uint64_t& bytes) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return failure == std::errc() && end == text.data() + text.size() && bytes <= INT64_MAX;
}

}  // namespace

std::optional<Pointer> read_pointer(std::string_view blob) {
  if (blob.size() >= pointer_bytes_max) return std::nullopt;
  std::string_view rest = trimmed(blob);
  const auto version = next(rest, "version"), oid = next(rest, "oid"), size = next(rest, "size");
  if (!version || !oid || !size || !rest.empty()) return std::nullopt;
  const bool known =
      std::any_of(std::begin(versions), std::end(versions), [&](const Version& one) { return one.url == *version; });
  Pointer pointer;
  if (!known || !oid->starts_with(oid_type) || !is_oid(oid->substr(oid_type.size())) || !is_size(*size, pointer.bytes))
    return std::nullopt;
  pointer.oid = oid->substr(oid_type.size());
  return pointer;
}

bool looks_like_pointer(std::string_view blob) {
  if (blob.size() >= pointer_bytes_max) return false;
  std::string_view rest = trimmed(blob);
  const auto version = next(rest, "version");
  return version && std::any_of(std::begin(versions), std::end(versions),
                                [&](const Version& one) { return version->starts_with(one.family); });
}

}  // namespace stoker::git
