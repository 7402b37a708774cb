// What a user declares with one GatewaySync: the source, and the profiles with the defaults merged in. The
// configuration reads it from YAML, and the rollout makes assignments from it. Values. [any thread]
#pragma once

#include "host/values/secret_ref.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// inferred: the user did not say, and the strategy looks whether the path is a folder or a file in the source.
enum class MappingType { inferred, dir, file };
std::string_view name(MappingType type);  // of `inferred`: empty
std::optional<MappingType> mapping_type_of(std::string_view text);

// What a Run does while somebody has a Designer open on the gateway.
enum class DesignerPolicy { proceed, wait, fail };
std::string_view name(DesignerPolicy policy);
std::optional<DesignerPolicy> designer_policy_of(std::string_view text);

// Values to set in JSON files, as the user wrote them. Only the values may have placeholders.
struct Patch {
  std::string file;  // a pattern: `file` in `patches`, where it may be empty, `files` in `normalize`
  std::map<std::string, std::string> set;  // path -> value
  bool operator==(const Patch&) const = default;
};

struct Mapping {
  std::string source, destination;  // as the user wrote them, with placeholders
  MappingType type = MappingType::inferred;
  bool required = false;
  bool rendered = false;  // `template`: its files are templates
  std::vector<Patch> patches = {};
  bool operator==(const Mapping&) const = default;
};

// A Run that would remove more files than this is held.
struct Prune {
  std::int64_t max_files = 20;
  std::int64_t max_percent = 10;
  bool operator==(const Prune&) const = default;
};

struct Profile {
  std::string name;
  std::vector<Mapping> mappings;
  std::vector<std::string> excludes;
  std::vector<Patch> normalize;  // those of the defaults come first
  std::map<std::string, std::string> vars;
  DesignerPolicy designer = DesignerPolicy::proceed;
  std::chrono::seconds sync_period{30};
  Prune prune;
  bool operator==(const Profile&) const = default;
};

struct SyncProfile {
  Profile profile;
  bool paused = false, dry_run = false;
  bool operator==(const SyncProfile&) const = default;
};

struct GithubAppAuth {
  std::int64_t app_id = 0, installation_id = 0;
  SecretRef private_key;
  std::string api_base_url;  // empty: that of github.com
  bool operator==(const GithubAppAuth&) const = default;
};

// Where the credentials of a repository stand. Their texts are read when its source is made.
struct GitAuth {
  std::optional<SecretRef> token, ssh_key, passphrase, known_hosts;
  std::optional<GithubAppAuth> github_app;
  bool operator==(const GitAuth&) const = default;
};

// Where the revisions of a Sync come from: a repository of `spec.git`, or what the settings of `spec.source` say to a
// source of another kind.
struct SourceSpec {
  std::string module;  // of stoker.yaml; empty: the only source that is enabled
  std::string repo;
  GitAuth auth;
  bool submodules = false, lfs = false;  // what they add belongs to the content of a revision
  std::string settings;  // JSON text of `spec.source.settings`, which names secrets and never holds them; empty: git
  bool operator==(const SourceSpec&) const = default;
  // "", "lfs", "submodules" or "lfs submodules".
  std::string contents() const;
  // A revision has the same content in both; credentials do not count. An older program did not write the module.
  bool delivers_as(const SourceSpec& other) const {
    const bool same_module = module == other.module || module.empty() || other.module.empty();
    return same_module && repo == other.repo && submodules == other.submodules && lfs == other.lfs &&
           settings == other.settings;
  }
};

struct SyncSpec {
  std::string name, name_space = "default";
  std::string uid;  // of the object; empty: it was read from a file
  SourceSpec source;
  std::string ref;
  bool polling = true;
  std::optional<std::chrono::milliseconds> polling_interval;  // no value: each trigger's own
  int gateway_port = 8088;  // of discovered gateways; a target of stoker.yaml has a URL
  bool gateway_tls = false;
  bool paused = false;
  bool auto_rollback = true;
  bool dry_run_before = false;            // new work waits until each target has planned it
  std::string retry, repair;              // annotations stoker.io/retry and stoker.io/repair
  std::string paused_by, paused_because;  // annotations, for people
  std::string look;                       // annotation stoker.io/look-at: each new text asks for a look
  std::string plan;           // annotation stoker.io/plan-at: each new text asks for a dry run of each target
  std::string requested_ref;  // annotation stoker.io/requested-ref; empty: the ref counts
  std::map<std::string, SyncProfile> profiles;
  std::string file;
  int line = 0, column = 0;  // of its name in the file
  std::string document;      // of a file: the whole object as it was written, JSON text
  bool operator==(const SyncSpec&) const = default;
  // What is resolved: the ref that somebody asked for, as long as the Sync does not have it itself. A leading "v" makes
  // no difference.
  const std::string& wanted_ref() const;
};

}  // namespace stoker::host
