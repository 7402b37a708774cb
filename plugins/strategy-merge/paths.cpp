// The only place where a path that a person wrote becomes a normalised path.
#include "paths.hpp"

#include <stoker/utf8.hpp>

namespace stoker::merge {

std::string sayable(std::string_view path, std::size_t bytes_max) {
  std::string text;
  while (!path.empty()) {
    if (text.size() >= bytes_max) return text + "...";
    const std::size_t size = utf8_length(path);
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
  if (path.find('\0') != std::string_view::npos) return bad("contains a NUL byte");
  std::string clean;
  for (const std::string_view part : parts_of(path)) {
    if (part == "..") return bad("contains '..'");
    if (part != ".") clean = join(clean, part);
  }
  return clean;
}

}  // namespace stoker::merge
