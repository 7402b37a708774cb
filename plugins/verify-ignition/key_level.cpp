// The copies that count are looked for as the gateway merges them: the active mode, core, external.
#include "key_level.hpp"

#include "answers.hpp"
#include "finding.hpp"
#include "plan_checks.hpp"

#include <algorithm>

namespace ignition {

const std::string_view key_remedy =
    "make a security level of two parts for Stoker (Authenticated/stoker), give it to the API key, and name it in the "
    "access, read and write permissions of the gateway; docs/gateway.md has the steps";

namespace {

using stoker::Check;

constexpr std::string_view factory_level = "Authenticated/Roles/Administrator";
constexpr const char* permission_names[] = {"accessPermissions", "readPermissions", "writePermissions"};

struct Copy {
  std::string collection, text;
};

// The copy of a resource's config.json that wins.
std::optional<Copy> find_copy(const OnDisk& disk, const std::string& resource, const std::string& mode) {
  for (const std::string& collection : {mode, std::string("core"), std::string("external")}) {
    if (collection.empty()) continue;
    const auto file = std::filesystem::path("config/resources") / collection / resource / "config.json";
    if (disk.has(file)) return Copy{collection, disk.read(file)};
  }
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

bool is_factory(const Levels& wanted) {
  return std::find(wanted.leaves.begin(), wanted.leaves.end(), factory_level) != wanted.leaves.end();
}

bool admits_every_key(const Levels& wanted) {
  const bool named = std::find(wanted.leaves.begin(), wanted.leaves.end(), "Authenticated") != wanted.leaves.end();
  return named && (!wanted.all_of || wanted.leaves.size() == 1);
}

// Why the permissions do not let a key with these levels in; empty: they do.
std::string refusal(const Copy& properties, const Levels& key, const std::string& key_name) {
  std::string text;
  for (const char* permission_name : permission_names) {
    const auto wanted = permission(properties.text, permission_name);
    if (!wanted) return properties.collection + "'s security-properties cannot be read";
    if (admits_key(*wanted, key)) continue;
    text += (text.empty() ? "" : "; ") + std::string(permission_name) + " of " + properties.collection + " wants " +
            joined(wanted->leaves);
    if (is_factory(*wanted)) text += ", as the gateway came, and lets no API key in";
  }
  if (text.empty()) return text;
  return text + "; key '" + key_name + "' holds " + (key.leaves.empty() ? "no level" : joined(key.leaves));
}

}  // namespace

Check check_key_level(const OnDisk& disk, const std::string& key_name, const std::string& mode, bool https) {
  const auto properties = find_copy(disk, "ignition/security-properties", mode);
  if (!properties) return skipped("the data folder has no security-properties: the permissions are not known here");
  const auto key = find_copy(disk, "ignition/api-token/" + key_name, mode);
  if (!key) return skipped("the data folder has no API key '" + key_name + "': what it holds is not known here");
  const auto levels = levels_of_key(key->text);
  if (!levels) return fail("API key '" + key_name + "' of " + key->collection + " cannot be read");
  if (const std::string why = refusal(*properties, *levels, key_name); !why.empty()) return fail(why, key_remedy);
  if (!https && wants_https(key->text))
    return fail("key '" + key_name + "' is refused over plain http (secureChannelRequired)",
                "use an https address in gateway.url, or make the key without 'Require secure connections'");
  const auto write = permission(properties->text, "writePermissions");
  if (write && (write->leaves.empty() || admits_every_key(*write)))
    return warn("writePermissions of " + properties->collection + " lets " +
                    (write->leaves.empty() ? "everybody" : "every API key") + " write",
                "name a level of Stoker's own there (Authenticated/stoker)");
  return ok("key '" + key_name + "' holds " + joined(levels->leaves) + ", which the permissions of " +
            properties->collection + " let in");
}

}  // namespace ignition
