// Relative paths as text with `/` as separator. The empty path is the root. Any bytes are allowed. Pure.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

inline std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (const auto part = path.substr(0, slash); !part.empty()) parts.push_back(part);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

inline std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

inline std::string_view name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

inline std::string join(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  if (name.empty()) return std::string(folder);
  return std::string(folder) + "/" + std::string(name);
}

// Is `path` the folder itself or below it? Everything is below the root.
inline bool lies_at_or_below(std::string_view path, std::string_view folder) {
  return folder.empty() || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

// The path as text for people and for the host. Bytes that are not UTF-8 become \xNN, and a very long path is cut.
std::string sayable(std::string_view path, std::size_t bytes_max = 4096);

// `./projects//` and `projects` are one path; `.` is the root. `what` names the path in the error.
Result<std::string> normalised(std::string_view path, std::string_view what);

}  // namespace stoker::merge
