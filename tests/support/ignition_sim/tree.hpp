// Files of a data directory and what a gateway makes of them: projects with their parents, and the merged collections
// of config resources. Reading and judging only; nothing here writes but write_file.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stoker/result.hpp>

#include "support/ignition_sim/signature.hpp"
#include "support/ignition_sim/view.hpp"

namespace ignition_sim {

std::string_view file_name(std::string_view path);
std::string_view folder_of(std::string_view path);  // "" for a path without '/'

std::vector<std::string> list_files(const std::filesystem::path& root, std::string_view folder);  // sorted
std::optional<std::string> read_file(const std::filesystem::path& path);
// Whole or not at all: written to `beside` first, which must lie in the same file system, then renamed.
// A file that is there keeps its mode.
bool write_file(const std::filesystem::path& path, std::string_view bytes, const std::filesystem::path& beside);

// One line of the gateway's log.
struct LogLine {
  std::int64_t timestamp = 0;
  std::string logger;
  std::string level;
  std::string message;
};

// A folder with a resource.json or unary-resource.json.
struct Resource {
  std::string folder;
  std::string descriptor;  // path of its resource.json
  std::string text;        // of the descriptor
  Files files;             // the listed files that are there
  std::string fault;       // why the gateway does not take it; empty when it does
};

std::vector<Resource> resources_of(const Tree& tree);

struct Project {
  std::string name;
  std::string title;
  std::string description;
  std::string parent;
  bool enabled = true;
  bool inheritable = false;
  bool invalid_parent = false;
};

using Projects = std::map<std::string, Project, std::less<>>;

Projects projects_of(const Tree& tree, std::vector<LogLine>& log);

// One config resource in one collection.
struct ConfigResource {
  std::string type;  // "ignition/api-token"
  std::string name;  // empty for a singleton
  std::string collection;
  bool enabled = true;
  // A named resource without attributes.uuid is listed, and not loaded; the log says so once, but for a type of which
  // it says nothing.
  bool loaded = true;
  Resource resource;

  std::string text(std::string_view key) const;  // a member of its config.json
};

// Does the log tell that a resource of this type was not loaded?
bool is_told_unloaded(const ConfigResource& resource);

// The collections that one mode sees, merged.
class Collections {
 public:
  Collections() = default;
  Collections(const Tree& tree, const std::string& mode, std::vector<LogLine>& log);

  const std::vector<std::string>& order() const { return order_; }  // later ones win
  bool loads(std::string_view collection) const;
  // All variants of the resources of a type, by name, in order of their collections.
  std::map<std::string, std::vector<const ConfigResource*>> of_type(std::string_view type) const;
  // The variant that wins, or the one of a collection; null when there is none.
  const ConfigResource* find(std::string_view type, std::string_view name, std::string_view collection = {}) const;
  bool has_type(std::string_view type) const;
  std::vector<const ConfigResource*> unloaded() const;

 private:
  std::vector<std::string> order_;
  std::vector<ConfigResource> resources_;
};

// Why a gateway with this data directory refuses to start; nullopt when it starts.
std::optional<std::string> start_fault(const std::filesystem::path& data, std::optional<unsigned> uid);

}  // namespace ignition_sim
