#include "on_disk.hpp"

#include "answers.hpp"

#include <fstream>

namespace ignition {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = 1 << 20, entries_max = 1000;

bool is_of_a_gateway(const std::string& name) {
  return name == "config" || name == "projects" || name.starts_with("gateway.xml");
}
// Our own state, and what a fresh volume holds.
bool counts_for_nothing(const std::string& name) { return name == ".stoker" || name == "lost+found"; }

}  // namespace

bool OnDisk::has(const fs::path& path) const {
  std::error_code error;
  return fs::exists(data_ / path, error);
}

bool OnDisk::project(const std::string& name) const { return has(fs::path("projects") / name / "project.json"); }

bool OnDisk::resource(const std::string& name) const {
  const fs::path collections = "config/resources";
  for (const std::string& collection : entries(collections))
    if (has(collections / collection / name / "resource.json")) return true;
  return false;
}

std::vector<std::string> OnDisk::entries(const fs::path& folder) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(data_ / folder, error), end; !error && at != end && names.size() < entries_max;
       at.increment(error))
    names.push_back(at->path().filename().string());
  return names;
}

std::string OnDisk::read(const fs::path& file) const {
  std::ifstream in(data_ / file, std::ios::binary);
  std::string text(file_bytes_max, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::optional<std::string> OnDisk::data_folder_fault(bool runs) const {
  bool has_content = false, is_data = false, holds_projects = false;
  for (const std::string& name : entries({})) {
    has_content = has_content || !counts_for_nothing(name);
    is_data = is_data || is_of_a_gateway(name);
    holds_projects = holds_projects || has(fs::path(name) / "project.json");
  }
  const std::string where = "data " + data_.string();
  if (holds_projects)
    return where +
           " holds projects themselves; set the target's data to the gateway's data folder above it, and map "
           "to projects/";
  if (is_data || (!has_content && !runs)) return std::nullopt;
  if (!has_content)
    return where + " is empty although the gateway runs; set the target's data to the folder that the gateway uses";
  return where +
         " is no data folder of an Ignition gateway: it has neither config/ nor projects/ nor gateway.xml; set "
         "the target's data to the folder that has them";
}

std::optional<std::string> OnDisk::wrong_gateway(const std::string& name) const {
  const fs::path collections = "config/resources";
  std::string here;
  for (const std::string& collection : entries(collections)) {
    const std::string text = read(collections / collection / "ignition/system-properties/config.json");
    const auto found = text_field(text, "system-properties", "systemName");
    if (!found || !*found) continue;
    if (**found == name) return std::nullopt;
    here = **found;
  }
  if (here.empty()) return std::nullopt;
  return "the gateway that answers is '" + name + "', and data " + data_.string() + " belongs to '" + here +
         "'; correct gateway.url or data of the target; after a change of the gateway's name restart it";
}

}  // namespace ignition
