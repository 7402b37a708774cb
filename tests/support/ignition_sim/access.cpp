// Reads keys and permissions out of loaded resources, and writes such resources for tests. Any thread.
#include "support/ignition_sim/access.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <random>

#include "support/ignition_sim/digest.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

json::object config_of(const ConfigResource& resource) {
  const auto file = resource.resource.files.find("config.json");
  if (file == resource.resource.files.end()) return {};
  boost::system::error_code failed;
  auto value = json::parse(file->second, failed);
  return !failed && value.is_object() ? std::move(value.as_object()) : json::object();
}

const json::object* member(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value ? value->if_object() : nullptr;
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Every level of a tree by its whole path; only the leaves when asked for.
void levels_of(const json::object& holder, std::string_view key, const std::string& above, bool leaves_only,
               std::vector<std::string>& out) {
  const auto* value = holder.if_contains(key);
  if (!value || !value->is_array()) return;
  for (const auto& element : value->get_array()) {
    const auto* level = element.if_object();
    if (!level) continue;
    const std::string path = above + text_of(*level, "name");
    const auto* children = level->if_contains("children");
    const bool leaf = !children || !children->is_array() || children->get_array().empty();
    if (leaf || !leaves_only) out.push_back(path);
    levels_of(*level, "children", path + '/', leaves_only, out);
  }
}

json::array level_tree(const std::string& path) {
  const auto slash = path.find('/');
  const std::string name = path.substr(0, slash);
  json::array children = slash == std::string::npos ? json::array() : level_tree(path.substr(slash + 1));
  return {json::object{{"children", std::move(children)}, {"name", name}}};
}

std::string random_secret() {
  std::random_device random;
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(random() & 255);
  return base64url(bytes);
}

json::object permission(const std::vector<std::string>& levels) {
  json::array trees;
  for (const auto& level : levels) trees.push_back(level_tree(level)[0]);
  return {{"securityLevels", std::move(trees)}, {"type", "AnyOf"}};
}

bool leaf_admits(const std::string& leaf, const std::set<std::string>& levels, bool write) {
  if (leaf == "Public" || leaf == "Authenticated") return true;
  if (write && std::ranges::count(leaf, '/') >= 2) return false;
  return levels.contains(leaf);
}

}  // namespace

bool Permission::everybody() const {
  const auto is_public = [](const std::string& leaf) { return leaf == "Public"; };
  if (leaves.empty()) return true;
  return all_of ? std::ranges::all_of(leaves, is_public) : std::ranges::any_of(leaves, is_public);
}

bool Permission::admits(const std::set<std::string>& levels, bool write) const {
  const auto admits_key = [&](const std::string& leaf) { return leaf_admits(leaf, levels, write); };
  if (leaves.empty()) return true;
  return all_of ? std::ranges::all_of(leaves, admits_key) : std::ranges::any_of(leaves, admits_key);
}

Permission Access::factory() { return {false, {kFactoryLevel}}; }

Access::Access(const Collections& collections) {
  for (const auto& [name, variants] : collections.of_type("ignition/api-token")) {
    const auto& resource = *variants.back();
    if (!resource.loaded || !resource.enabled || !resource.resource.fault.empty()) continue;
    const json::object config = config_of(resource);
    const auto* profile = member(config, "profile");
    const auto* settings = member(config, "settings");
    if (!profile || !settings) continue;
    const auto* secure = profile->if_contains("secureChannelRequired");
    std::vector<std::string> levels;
    levels_of(*profile, "securityLevels", "", false, levels);
    keys_[name] = Key{text_of(*settings, "tokenHash"), !secure || !secure->is_bool() || secure->get_bool(),
                      std::set<std::string>(levels.begin(), levels.end())};
  }
  if (const auto* properties = collections.find("ignition/security-properties", "")) read_permissions(*properties);
}

void Access::read_permissions(const ConfigResource& properties) {
  const json::object config = config_of(properties);
  const auto read = [&](std::string_view key, Permission& permission) {
    const auto* described = member(config, key);
    if (!described) return;
    permission = {text_of(*described, "type") == "AllOf", {}};
    levels_of(*described, "securityLevels", "", true, permission.leaves);
  };
  read("accessPermissions", access_);
  read("readPermissions", read_);
  read("writePermissions", write_);
}

Verdict Access::check(std::string_view token, bool write) const {
  const Permission& wanted = write ? write_ : read_;
  const auto colon = token.find(':');
  if (token.empty() && access_.everybody() && wanted.everybody()) return Verdict::allowed;
  if (colon == std::string_view::npos) return Verdict::unauthorized;
  const auto key = keys_.find(token.substr(0, colon));
  const auto hash = token_hash(token.substr(colon + 1));
  if (key == keys_.end() || !hash || *hash != key->second.hash) return Verdict::unauthorized;
  if (key->second.secure_channel) return Verdict::forbidden;
  const auto& levels = key->second.levels;
  return access_.admits(levels, false) && wanted.admits(levels, write) ? Verdict::allowed : Verdict::forbidden;
}

std::string uuid_of(std::string_view folder) {
  constexpr std::string_view config = "config/resources/";
  if (!folder.starts_with(config) || std::ranges::count(folder, '/') < 5) return {};
  const std::string digits = sha256_hex(folder);
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + "-4" + digits.substr(13, 3) + "-8" + digits.substr(17, 3) +
         '-' + digits.substr(20, 12);
}

std::string resource_json(const Files& files, const std::string& actor, const std::string& timestamp,
                          SignatureForm form, const std::string& uuid) {
  std::string names;
  for (const auto& [name, bytes] : files)
    names += (names.empty() ? "" : ",") + std::string("\n    ") + json::serialize(json::string(name));
  const std::string text =
      "{\n  \"scope\": \"A\",\n  \"version\": 1,\n  \"restricted\": false,\n"
      "  \"overridable\": true,\n  \"files\": [" +
      names +
      "\n  ],\n  \"attributes\": {\n"
      "    \"lastModification\": {\n      \"actor\": \"\",\n      \"timestamp\": \"\"\n    },\n"
      "    \"lastModificationSignature\": \"\"" +
      (uuid.empty() ? "" : ",\n    \"uuid\": \"" + uuid + '"') + "\n  }\n}";
  return stamped(text, files, form, actor, timestamp).value_or(text);
}

void write_resource(const std::filesystem::path& data, const std::string& folder, const Files& files,
                    const std::string& actor, SignatureForm form) {
  for (const auto& [name, bytes] : files) write_file(data / folder / name, bytes, data / folder / (name + ".new"));
  const auto text = resource_json(files, actor, "2025-01-02T03:04:05Z", form, uuid_of(folder));
  write_file(data / folder / "resource.json", text, data / folder / "resource.json.new");
}

std::string write_api_token(const std::filesystem::path& data, const std::string& name, const KeyOptions& options) {
  const std::string secret = random_secret();
  json::array levels;
  for (const auto& level : options.levels) levels.push_back(level_tree(level)[0]);
  const json::object config{{"profile",
                             {{"secureChannelRequired", options.secure_channel},
                              {"securityLevels", std::move(levels)},
                              {"timestamp", 1735787045000},
                              {"type", "basic-token"}}},
                            {"settings", {{"tokenHash", *token_hash(secret)}}}};
  write_resource(data, "config/resources/" + options.collection + "/ignition/api-token/" + name,
                 {{"config.json", json::serialize(config)}});
  return name + ':' + secret;
}

void write_security_properties(const std::filesystem::path& data, const Permissions& permissions,
                               const std::string& collection) {
  const json::object config{{"accessPermissions", permission(permissions.access)},
                            {"readPermissions", permission(permissions.read)},
                            {"writePermissions", permission(permissions.write)}};
  write_resource(data, "config/resources/" + collection + "/ignition/security-properties",
                 {{"config.json", json::serialize(config)}});
}

std::string write_own_key(const std::filesystem::path& data, const std::string& name) {
  write_security_properties(data);
  return write_api_token(data, name);
}

}  // namespace ignition_sim
