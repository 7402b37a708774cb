// The one place where a path that a person wrote becomes one of ours.
#include "paths.hpp"

namespace stoker::merge {
namespace {

// The length of the UTF-8 sequence that the text begins with; 0: it begins with none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool no_character = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || no_character ? 0 : size;
}

}  // namespace

std::string sayable(std::string_view path, std::size_t bytes_max) {
  std::string text;
  while (!path.empty()) {
    if (text.size() >= bytes_max) return text + "...";
    const std::size_t size = sequence(path);
    if (size == 0) {
      const auto byte = static_cast<unsigned char>(path.front());
      text += "\\x";
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    text += path.substr(0, size);
    path.remove_prefix(size ? size : 1);
  }
  return text;
}

Result<std::string> normalised(std::string_view path, std::string_view what) {
  const auto bad = [&](std::string_view why) {
    return Error(errc::invalid, std::string(what) + " '" + std::string(path) + "' " + std::string(why),
                 "merge.bad-path");
  };
  if (path.empty()) return bad("is empty");
  if (path.front() == '/') return bad("is not relative");
  if (path.find('\0') != std::string_view::npos) return bad("holds a NUL byte");
  std::string clean;
  for (const std::string_view part : parts_of(path)) {
    if (part == "..") return bad("holds '..'");
    if (part != ".") clean = join(clean, part);
  }
  return clean;
}

}  // namespace stoker::merge
