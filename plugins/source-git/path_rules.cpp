#include "path_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace stoker::git {
namespace {

// Removes the next code point from the text and returns it; negative when it is not well-formed UTF-8.
std::int32_t next_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t size = first < 0x80                    ? 1
                           : first >= 0xc2 && first < 0xe0 ? 2
                           : (first & 0xf0) == 0xe0        ? 3
                           : first >= 0xf0 && first < 0xf5 ? 4
                                                           : 0;
  if (size == 0 || text.size() < size) return -1;
  std::int32_t point = size == 1 ? first : first & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return -1;
    point = (point << 6) | (byte(i) & 0x3f);
  }
  const bool overlong = (size == 3 && point < 0x800) || (size == 4 && point < 0x10000);
  if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return -1;
  text.remove_prefix(size);
  return point;
}

bool ignored_by_hfs(std::int32_t point) {
  return (point >= 0x200c && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
         (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
}

// The name as a file system sees it that ignores case, trailing dots and spaces, streams and invisible code points.
// Other characters beyond ASCII become "?".
std::string folded(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::int32_t point = next_code_point(name);
    if (ignored_by_hfs(point)) continue;
    const char c = point < 0x80 ? static_cast<char>(point) : '?';
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  out.resize(std::min(out.find(':'), out.size()));
  while (out.ends_with('.') || out.ends_with(' ')) out.pop_back();
  return out;
}

bool is_git_folder(std::string_view folded_name) {
  if (folded_name == ".git") return true;
  if (!folded_name.starts_with("git~") || folded_name.size() == 4) return false;
  return folded_name.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

}  // namespace

std::string_view refused_name(std::string_view name) {
  if (name.empty()) return "a name is empty";
  if (name.size() > 255) return "a name is longer than 255 bytes";
  if (name == "." || name == "..") return "a name is \".\" or \"..\"";
  for (std::string_view rest = name; !rest.empty();) {
    const std::int32_t point = next_code_point(rest);
    if (point < 0) return "it is not UTF-8";
    if (point < 0x20 || (point >= 0x7f && point < 0xa0)) return "it has a control character";
    if (point == '/' || point == '\\') return "a name has a separator in it";
  }
  if (is_git_folder(folded(name))) return "a name is a spelling of \".git\"";
  return {};
}

bool is_refused(std::string_view path) {
  for (;;) {
    const auto slash = path.find('/');
    if (!refused_name(path.substr(0, slash)).empty()) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace stoker::git
