// The one place where a path that a person wrote becomes one of ours.
#include "paths.hpp"

namespace stoker::merge {

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
