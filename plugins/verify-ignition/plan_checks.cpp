// One function a fault. Which types carry a uuid is seen from what lies on disk, beside a short list of those that the
// gateway is known to refuse without one.
#include "plan_checks.hpp"

#include <algorithm>

namespace ignition {
namespace {

namespace fs = std::filesystem;
using stoker::Change;
using stoker::Decision;
using stoker::errc;
using stoker::Result;
using Fault = Result<std::optional<Decision>>;

constexpr std::size_t file_bytes_max = 1 << 20;  // of what is read to be checked; a longer file is not
constexpr std::size_t siblings_max = 20;

const std::set<std::string_view> types_with_uuid = {"ignition/database-connection", "ignition/database-translator"};

bool is_mode(std::string_view collection) {
  return collection != "external" && collection != "core" && collection != "local" && collection != "system" &&
         !collection.starts_with('.');
}

bool is_there_after(const Footprint& plan, const OnDisk& disk, const std::string& path) {
  for (const Change& change : plan.config_changes)
    if (change.path == path) return change.op != Change::Op::remove;
  return disk.has(path);
}

std::set<std::string> modes_after(const Footprint& plan, const OnDisk& disk) {
  std::set<std::string> found;
  for (std::string& collection : disk.entries("config/resources"))
    if (is_mode(collection)) found.insert(std::move(collection));
  for (const Change& change : plan.config_changes)
    if (const auto path = resource_path(change.path); path && is_mode(path->collection))
      found.emplace(path->collection);
  return found;
}

// What the plan would write at `path`; empty: nothing, or more than is looked at.
Result<std::string> content(const stoker::Plan& plan, const std::string& path) {
  std::string text;
  auto read = plan.content(path, [&](std::string_view bytes) {
    if (text.size() <= file_bytes_max) text += bytes;
    return Result<void>();
  });
  if (!read && read.error() == errc::not_found) return std::string();
  if (!read) return std::move(read).error();
  return text.size() > file_bytes_max ? std::string() : text;
}

bool writes(const Change& change) { return change.op == Change::Op::add || change.op == Change::Op::replace; }

// A singleton that exists only in a mode keeps the gateway from starting.
std::optional<Decision> find_lone_singleton(const Footprint& plan, const OnDisk& disk) {
  std::set<std::string> singletons;
  for (const Change& change : plan.config_changes)
    if (const auto path = resource_path(change.path); path && path->name.empty() && path->file == "resource.json")
      singletons.insert(path->resource());
  if (singletons.empty()) return std::nullopt;
  const std::set<std::string> modes = modes_after(plan, disk);
  for (const std::string& singleton : singletons) {
    const auto lies_in = [&](const std::string& collection) {
      return is_there_after(plan, disk, "config/resources/" + collection + "/" + singleton + "/resource.json");
    };
    if (lies_in("core") || lies_in("external")) continue;
    for (const std::string& mode : modes)
      if (lies_in(mode))
        return Decision::refuse("singleton", "singleton " + singleton + " would exist only in mode '" + mode +
                                                 "', which keeps the gateway from starting; put it into core or "
                                                 "external too");
  }
  return std::nullopt;
}

// Tags in a mode stop the synchronisation of a pair for good, even an empty folder of theirs.
std::optional<Decision> find_pair_tags(const Footprint& plan, const std::string& role) {
  if (role == "independent") return std::nullopt;
  for (const Change& change : plan.config_changes) {
    const auto path = resource_path(change.path);
    if (!path || !is_mode(path->collection)) continue;
    const std::string type = path->type_name();
    const bool tags = type == "ignition/tag-definition" || type == "ignition/tag-type-definition";
    if (!tags || change.op == Change::Op::remove) continue;
    Decision hold = Decision::hold("blocked", change.path + " puts tags into mode '" + std::string(path->collection) +
                                                  "': on a redundant pair the backup stops synchronising for good; "
                                                  "deliver tags of a pair to core");
    hold.ended_by = "a revision without tags in a mode, or a gateway without a backup";
    return hold;
  }
  return std::nullopt;
}

// Does a resource of the type that lies on disk have a uuid?
bool carries_uuid(const OnDisk& disk, const std::string& collection, const std::string& type) {
  if (types_with_uuid.contains(type)) return true;
  const fs::path folder = fs::path("config/resources") / collection / type;
  std::size_t looked = 0;
  for (const std::string& name : disk.entries(folder))
    if (++looked <= siblings_max && has_uuid(disk.read(folder / name / "resource.json"))) return true;
  return false;
}

// The gateway lists such a resource and does not load it.
Fault find_missing_uuid(const stoker::Plan& plan, const Footprint& touched, const OnDisk& disk) {
  for (const Change& change : touched.config_changes) {
    const auto path = resource_path(change.path);
    if (!path || path->name.empty() || path->file != "resource.json" || !writes(change)) continue;
    if (!carries_uuid(disk, std::string(path->collection), path->type_name())) continue;
    auto text = content(plan, change.path);
    if (!text) return std::move(text).error();
    if (text->empty() || has_uuid(*text)) continue;
    return std::optional(Decision::refuse(
        "uuid", change.path + " has no attributes.uuid: the gateway would list the resource and not load it; save it "
                              "once in a gateway and commit what that writes, or add a new uuid"));
  }
  return std::optional<Decision>();
}

// A second copy in another collection may win over the one in use.
std::optional<Decision> find_own_key(const Footprint& plan, const OnDisk& disk, const std::string& key_name) {
  const std::string key = "ignition/api-token/" + key_name;
  for (const Change& change : plan.config_changes) {
    const auto path = resource_path(change.path);
    const bool ours = path && path->resource() == key && path->file.find('/') == path->file.npos;
    if (!ours || change.op == Change::Op::chmod) continue;
    if (change.op == Change::Op::add && (path->file != "config.json" || !disk.resource(key))) continue;
    if (change.op == Change::Op::replace && path->file != "config.json") continue;
    return Decision::refuse("token",
                            change.path + " is API key '" + key_name +
                                "', which Stoker itself uses; deliver a new key under another name, change the "
                                "secret, then remove this one");
  }
  return std::nullopt;
}

// Permissions in core, and in a mode, override those of external.
Fault find_lost_permission(const stoker::Plan& plan, const Footprint& touched, const OnDisk& disk,
                           const std::string& key_name) {
  const std::string tail = "/ignition/security-properties/config.json", root = "config/resources/";
  const bool core_wins = is_there_after(touched, disk, root + "core" + tail);
  const auto changed =
      std::find_if(touched.config_changes.begin(), touched.config_changes.end(), [&](const Change& change) {
        return change.path.ends_with(tail) && writes(change) && !(core_wins && change.path == root + "external" + tail);
      });
  if (changed == touched.config_changes.end()) return std::optional<Decision>();
  std::optional<Levels> key;
  for (const char* collection : {"external", "core"}) {
    const fs::path token = fs::path("config/resources") / collection / "ignition/api-token" / key_name;
    if (auto levels = levels_of_key(disk.read(token / "config.json"))) key = *std::move(levels);
  }
  if (!key) return std::optional<Decision>();  // the key lies elsewhere: what it holds is not known
  const std::string& file = changed->path;
  auto text = content(plan, file);
  if (!text) return std::move(text).error();
  for (const char* permission_name : {"accessPermissions", "readPermissions", "writePermissions"}) {
    const auto wanted = permission(*text, permission_name);
    if (!wanted || admits_key(*wanted, *key)) continue;
    return std::optional(
        Decision::refuse("token", file + ": " + permission_name + " would not let API key '" + key_name +
                                      "' in, which Stoker itself uses; name a level of two parts that the key holds"));
  }
  return std::optional<Decision>();
}

}  // namespace

bool admits_key(const Levels& wanted, const Levels& key) {
  if (wanted.leaves.empty()) return true;
  const auto holds = [&](const std::string& leaf) {
    if (leaf == "Authenticated") return true;
    return std::count(leaf.begin(), leaf.end(), '/') == 1 &&
           std::find(key.leaves.begin(), key.leaves.end(), leaf) != key.leaves.end();
  };
  return wanted.all_of ? std::all_of(wanted.leaves.begin(), wanted.leaves.end(), holds)
                       : std::any_of(wanted.leaves.begin(), wanted.leaves.end(), holds);
}

// A project is a folder of projects/. One that a plan puts beside it is in no folder that a gateway reads: the target's
// data is most probably the projects folder itself, or a mapping lacks projects/.
std::optional<Decision> find_project_outside(const Footprint& plan) {
  if (plan.project_outside.empty()) return std::nullopt;
  return Decision::refuse("data-folder", plan.project_outside +
                                             " is a project outside of projects/, where the gateway loads none; set "
                                             "the target's data to the gateway's data folder, and map to projects/");
}

Result<Decision> check_plan(const stoker::Plan& plan, const Footprint& touched, const OnDisk& disk,
                            const std::string& role, const std::string& key_name) {
  if (auto fault = find_project_outside(touched)) return *std::move(fault);
  if (auto fault = find_lone_singleton(touched, disk)) return *std::move(fault);
  if (auto fault = find_own_key(touched, disk, key_name)) return *std::move(fault);
  auto lost = find_lost_permission(plan, touched, disk, key_name);
  if (!lost) return std::move(lost).error();
  if (*lost) return **std::move(lost);
  auto uuid = find_missing_uuid(plan, touched, disk);
  if (!uuid) return std::move(uuid).error();
  if (*uuid) return **std::move(uuid);
  if (auto fault = find_pair_tags(touched, role)) return *std::move(fault);
  return Decision::allow();
}

Result<Decision> check_references(stoker::Call& call, const GatewayClient& gateway, const stoker::Plan& plan,
                                  const Footprint& touched, const OnDisk& disk) {
  std::map<std::string, std::string> wanted;  // provider → the file that names it
  for (const Change& change : touched.config_changes) {
    if (!writes(change) || !change.path.ends_with("/config.json")) continue;
    auto text = content(plan, change.path);
    if (!text) return std::move(text).error();
    for (std::string& provider : secret_providers(*text)) wanted.try_emplace(std::move(provider), change.path);
  }
  std::erase_if(wanted, [&](const auto& entry) {
    const std::string resource = "ignition/secret-provider/" + entry.first;
    return touched.resources.contains(resource) || disk.resource(resource);
  });
  if (wanted.empty()) return Decision::allow();
  auto json = gateway.get(call, "/data/api/v1/resources/names/ignition/secret-provider");
  if (!json && (json.error() == errc::not_found || json.error() == errc::denied)) return Decision::allow();
  if (!json) return std::move(json).error();
  auto known = names(*json);
  if (!known) return std::move(known).error();
  for (const auto& [provider, path] : wanted)
    if (std::find(known->begin(), known->end(), provider) == known->end())
      return Decision::refuse("secret-provider", path + " refers to secret provider '" + provider +
                                                     "', which the gateway does not have; make it there, or deliver it "
                                                     "with the same revision");
  return Decision::allow();
}

}  // namespace ignition
