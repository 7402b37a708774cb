// One GatewaySync object as the rollout uses it: source, profiles with the defaults merged in, policies. The same YAML
// as on a cluster; a field whose feature is not there yet is refused by name, never ignored. [any thread]
#pragma once

#include "host/config/secret_files.hpp"
#include "host/config/yaml_document.hpp"
#include "host/values/assignment.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace stoker::host {

struct SyncProfile {
  Profile profile;  // defaults merged in
  bool paused = false, dry_run = false;
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

// One repository as a source reads it. What `submodules` and `lfs` add belongs to the content of a revision.
struct GitRepository {
  std::string repo;
  GitAuth auth;
  bool submodules = false, lfs = false;
  bool operator==(const GitRepository&) const = default;
  std::string contents() const;  // "", "lfs", "submodules" or "lfs submodules"
};

struct SyncSpec {
  std::string name, name_space = "default";
  GitRepository git;
  std::string ref;
  bool polling = true;
  std::chrono::milliseconds polling_interval{std::chrono::seconds(60)};
  int gateway_port = 8088;  // of discovered gateways; a target of stoker.yaml has a URL
  bool gateway_tls = false;
  bool paused = false;
  bool auto_rollback = true;
  std::string retry;  // annotation stoker.io/retry
  std::map<std::string, SyncProfile> profiles;
  std::string file;
};

// Nothing when the document has mistakes; they are added to `errors`.
std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors);

}  // namespace stoker::host
