// The reader of a data directory. A scan hands it the files it read, in memory; only start_fault and the file functions
// touch the disk. Any thread.
#include "support/ignition_sim/tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <sstream>

namespace ignition_sim {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kConfig = "config/resources";

void list_into(const fs::path& folder, const std::string& prefix, std::vector<std::string>& paths) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const std::string path = prefix.empty() ? name : prefix + '/' + name;
    std::error_code vanished;
    const auto status = entry.symlink_status(vanished);
    if (fs::is_directory(status) && name != ".resources") list_into(entry.path(), path, paths);
    if (fs::is_regular_file(status)) paths.push_back(path);
  }
}

std::optional<json::object> object_of(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag(const json::object& object, std::string_view key, bool otherwise) {
  const auto* value = object.if_contains(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

// Takes the listed files out of the tree; says what is wrong with the resource.
void take_files(const Tree& tree, const json::object& descriptor, Resource& resource) {
  const auto* files = descriptor.if_contains("files");
  if (!files || !files->is_array()) return;
  for (const auto& value : files->get_array()) {
    const std::string name = value.is_string() ? std::string(value.get_string()) : std::string();
    const auto file = tree.find(resource.folder + '/' + name);
    if (file == tree.end()) {
      resource.fault = "listed file " + name + " is absent";
      continue;
    }
    if (name.ends_with(".json") && !file->second.empty()) {
      boost::system::error_code failed;
      json::parse(file->second, failed);
      if (failed) resource.fault = name + " is not JSON";
    }
    resource.files.emplace(name, file->second);
  }
}

bool in_cycle(const Projects& projects, const Project& project) {
  std::set<std::string> seen{project.name};
  for (auto at = projects.find(project.parent); at != projects.end(); at = projects.find(at->second.parent))
    if (!seen.insert(at->first).second) return true;
  return false;
}

void judge_parents(Projects& projects, std::vector<LogLine>& log) {
  for (auto& [name, project] : projects) {
    if (project.parent.empty()) continue;
    const auto parent = projects.find(project.parent);
    const bool known = parent != projects.end();
    project.invalid_parent = !known || !parent->second.inheritable || in_cycle(projects, project);
    if (!project.invalid_parent) continue;
    const std::string reason = !known                        ? "does not exist"
                               : !parent->second.inheritable ? "is not inheritable"
                                                             : "descends from it";
    log.push_back(
        {0, "ProjectManager", "ERROR", "project " + name + " not loaded: parent " + project.parent + " " + reason});
  }
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  std::stringstream in{std::string(path)};
  for (std::string part; std::getline(in, part, '/');) parts.push_back(part);
  return parts;
}

bool is_mode(std::string_view collection) {
  return collection != "system" && collection != "external" && collection != "core" && collection != "local";
}

// From the root of the chain to the collection that wins; a parent that config-mode.json does not name is the usual
// one.
std::vector<std::string> chain_of(const Tree& tree, const std::string& mode) {
  const std::string top = mode.empty() ? "core" : mode;
  std::vector<std::string> chain{"local"};
  std::string at = top;
  while (!at.empty() && std::ranges::find(chain, at) == chain.end()) {
    chain.push_back(at);
    std::string parent = at == "core" ? "external" : at == "external" ? "system" : is_mode(at) ? "core" : "";
    const auto file = tree.find(std::string(kConfig) + '/' + at + "/config-mode.json");
    const auto described = file == tree.end() ? std::nullopt : object_of(file->second);
    if (described && described->contains("parent")) parent = text_of(*described, "parent");
    at = parent;
  }
  std::ranges::reverse(chain);
  if (std::ranges::find(chain, "external") == chain.end())
    chain.insert(chain.begin() + (chain.front() == "system" ? 1 : 0), "external");
  return chain;
}

// Engines of store and forward, themes and tags have none.
bool carries_uuid(const ConfigResource& resource, std::string_view descriptor) {
  constexpr std::array without{"ignition/store-and-forward-engine", "com.inductiveautomation.perspective/themes"};
  return !resource.name.empty() && descriptor == "resource.json" &&
         std::ranges::find(without, resource.type) == without.end();
}

std::optional<ConfigResource> config_resource(Resource resource) {
  const auto parts = components(resource.folder);  // config/resources/<collection>/<module>/<type>[/<name>...]
  if (parts.size() < 5) return std::nullopt;
  ConfigResource config;
  config.collection = parts[2];
  config.type = parts[3] + '/' + parts[4];
  for (std::size_t at = 5; at < parts.size(); ++at) config.name += (at > 5 ? "/" : "") + parts[at];
  bool has_uuid = false;
  if (const auto text = object_of(resource.text))
    if (const auto* attributes = text->if_contains("attributes"); attributes && attributes->is_object()) {
      config.enabled = flag(attributes->get_object(), "enabled", true);
      has_uuid = !text_of(attributes->get_object(), "uuid").empty();
    }
  config.loaded = has_uuid || !carries_uuid(config, file_name(resource.descriptor));
  config.resource = std::move(resource);
  return config;
}

std::optional<std::string> foreign_file(const fs::path& data, unsigned uid) {
  std::error_code failed;
  for (auto at = fs::recursive_directory_iterator(data, failed); at != fs::recursive_directory_iterator(); ++at) {
    struct stat status {};
    if (lstat(at->path().c_str(), &status) == 0 && status.st_uid != uid)
      return at->path().lexically_relative(data).string();
  }
  return std::nullopt;
}

}  // namespace

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string_view folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::vector<std::string> list_files(const fs::path& root, std::string_view folder) {
  std::vector<std::string> paths;
  list_into(root / folder, std::string(folder), paths);
  std::ranges::sort(paths);
  return paths;
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return std::move(bytes).str();
}

bool write_file(const fs::path& path, std::string_view bytes, const fs::path& beside) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  fs::create_directories(beside.parent_path(), failed);
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) return false;
  const auto present = fs::status(path, failed);
  if (fs::exists(present)) fs::permissions(beside, present.permissions(), failed);
  fs::rename(beside, path, failed);
  return !failed;
}

std::vector<Resource> resources_of(const Tree& tree) {
  std::vector<Resource> resources;
  for (const auto& [path, bytes] : tree) {
    const auto name = file_name(path);
    if (name != "resource.json" && name != "unary-resource.json") continue;
    Resource resource{std::string(folder_of(path)), path, bytes, {}, {}};
    if (const auto descriptor = object_of(bytes))
      take_files(tree, *descriptor, resource);
    else
      resource.fault = std::string(name) + " is not a JSON object";
    resources.push_back(std::move(resource));
  }
  return resources;
}

Projects projects_of(const Tree& tree, std::vector<LogLine>& log) {
  Projects projects;
  for (const auto& [path, bytes] : tree) {
    const auto parts = components(path);
    if (parts.size() != 3 || parts[0] != "projects" || parts[2] != "project.json") continue;
    const auto description = object_of(bytes);
    if (!description) {
      log.push_back({0, "ProjectManager", "ERROR", "project " + parts[1] + " not loaded: project.json is not JSON"});
      continue;
    }
    projects[parts[1]] = Project{.name = parts[1],
                                 .title = text_of(*description, "title"),
                                 .description = text_of(*description, "description"),
                                 .parent = text_of(*description, "parent"),
                                 .enabled = flag(*description, "enabled", true),
                                 .inheritable = flag(*description, "inheritable", false)};
  }
  judge_parents(projects, log);
  return projects;
}

Collections::Collections(const Tree& tree, const std::string& mode, std::vector<LogLine>& log)
    : order_(chain_of(tree, mode)) {
  for (auto& resource : resources_of(tree)) {
    auto config = config_resource(std::move(resource));
    if (!config || !loads(config->collection)) continue;
    if (!config->resource.fault.empty())
      log.push_back(
          {0, "ConfigManager", "ERROR", "resource " + config->resource.folder + ": " + config->resource.fault});
    resources_.push_back(std::move(*config));
  }
  std::ranges::stable_sort(resources_, {}, [this](const ConfigResource& resource) {
    return std::ranges::find(order_, resource.collection) - order_.begin();
  });
}

bool Collections::loads(std::string_view collection) const {
  return std::ranges::find(order_, collection) != order_.end();
}

std::map<std::string, std::vector<const ConfigResource*>> Collections::of_type(std::string_view type) const {
  std::map<std::string, std::vector<const ConfigResource*>> named;
  for (const auto& resource : resources_)
    if (resource.type == type) named[resource.name].push_back(&resource);
  return named;
}

const ConfigResource* Collections::find(std::string_view type, std::string_view name,
                                        std::string_view collection) const {
  const ConfigResource* found = nullptr;
  for (const auto& resource : resources_)
    if (resource.type == type && resource.name == name && (collection.empty() || resource.collection == collection))
      found = &resource;
  return found;
}

bool Collections::has_type(std::string_view type) const {
  return std::ranges::any_of(resources_, [&](const ConfigResource& resource) { return resource.type == type; });
}

std::vector<const ConfigResource*> Collections::unloaded() const {
  std::vector<const ConfigResource*> found;
  for (const auto& resource : resources_)
    if (!resource.loaded) found.push_back(&resource);
  return found;
}

std::string ConfigResource::text(std::string_view key) const {
  const auto file = resource.files.find("config.json");
  const auto config = file == resource.files.end() ? std::nullopt : object_of(file->second);
  return config ? text_of(*config, key) : std::string();
}

bool is_told_unloaded(const ConfigResource& resource) { return resource.type != "ignition/database-translator"; }

std::optional<std::string> start_fault(const fs::path& data, std::optional<unsigned> uid) {
  std::error_code failed;
  if (!fs::is_directory(data, failed) || fs::is_empty(data, failed)) return "the data directory is empty";
  if (uid)
    if (const auto foreign = foreign_file(data, *uid)) return *foreign + " belongs to another user";
  std::map<std::string, std::string> only_in_mode;  // type -> mode
  std::set<std::string> based;
  const Tree tree = read_tree(data, kConfig);
  for (auto& resource : resources_of(tree)) {
    const auto config = config_resource(std::move(resource));
    if (!config || !config->name.empty()) continue;
    if (is_mode(config->collection))
      only_in_mode.emplace(config->type, config->collection);
    else if (config->collection != "local")
      based.insert(config->type);
  }
  for (const auto& [type, mode] : only_in_mode)
    if (!based.contains(type)) return "singleton " + type + " exists only in mode " + mode;
  return std::nullopt;
}

}  // namespace ignition_sim
