// See detection.hpp.
#include "support/ignition_sim/detection.hpp"

#include "support/ignition_sim/tree.hpp"

namespace ignition_sim {
namespace {

bool is_descriptor(std::string_view path) {
  return file_name(path) == "resource.json" || file_name(path) == "unary-resource.json";
}

}  // namespace

Tree MtimeDetection::seen(const std::filesystem::path& data, const Tree& read) {
  std::map<std::string, Known, std::less<>> now;
  for (const auto& [path, bytes] : read) {
    std::error_code gone;
    if (is_descriptor(path))
      now[std::string(folder_of(path))].mtime = std::filesystem::last_write_time(data / path, gone);
  }
  Tree seen;
  for (const auto& [path, bytes] : read) {
    const auto resource = now.find(folder_of(path));
    (resource == now.end() ? seen : resource->second.files).emplace(path, bytes);
  }
  for (auto& [folder, resource] : now) {
    const auto known = resources_.find(folder);
    if (known != resources_.end() && resource.mtime <= known->second.mtime) resource = known->second;
    seen.insert(resource.files.begin(), resource.files.end());
  }
  resources_ = std::move(now);
  return seen;
}

}  // namespace ignition_sim
