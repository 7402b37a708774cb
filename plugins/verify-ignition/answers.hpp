// What a gateway's answers say, as values. Pure; the only file of the plugin that reads the gateway's JSON.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ignition {

enum class State { down, starting, commissioning, running, faulted };
std::string_view name(State state);
bool cannot_be_asked(State state);  // down or faulted: it can neither be locked nor asked

struct Node {  // of /system/gwinfo
  std::string role = "independent", version;
  std::string activity;  // active, warm, cold, in small letters; empty: not said
  bool commissioning = false;
};
struct Pairing {  // of …/redundancy
  std::string activity, project_state;
  bool sync_pending = false, failover_pending = false, peer_connected = false;
  std::int64_t last_sync = 0;  // 0: not said
};
struct ScanStatus {
  bool active = false;
  std::int64_t last = 0;      // epoch ms of the gateway's clock; 0: it says that it never scanned
  std::int64_t duration = 0;  // ms
};
struct ScanLock {
  std::string actor;
  std::int64_t timestamp = 0;  // opaque: one number for each hold
  std::int64_t remaining_s = 0;
};
struct Designer {
  std::string user, project;
};
struct Project {
  std::string name;
  bool invalid_parent = false;
};
struct Resource {
  std::string collection;  // of the copy that is shown
  bool healthy = true;     // every health check is well
};
struct LogLine {
  std::string logger, message;
};

stoker::Result<State> status_ping(std::string_view json);
Node gwinfo(std::string_view line);
stoker::Result<Pairing> redundancy(std::string_view json);
stoker::Result<ScanStatus> scan_status(std::string_view json);
stoker::Result<ScanLock> scan_lock(std::string_view json);
stoker::Result<std::vector<Designer>> designers(std::string_view json);
stoker::Result<std::vector<Project>> projects(std::string_view json);
stoker::Result<Resource> resource(std::string_view json);
stoker::Result<std::vector<LogLine>> log_lines(std::string_view json);
// What waits for a restart of the gateway.
stoker::Result<std::vector<std::string>> restart_tasks(std::string_view json);
// Modules that the gateway does not run, each with the cause as far as it is said.
stoker::Result<std::vector<std::string>> quarantined(std::string_view json);
// The names in a list of items; modes and collections of an item are not read.
stoker::Result<std::vector<std::string>> names(std::string_view json);
// The text or number at `key` of an object; nothing when it is absent or null.
stoker::Result<std::optional<std::string>> text_field(std::string_view json, std::string_view what,
                                                      std::string_view key);
stoker::Result<std::optional<std::int64_t>> number_field(std::string_view json, std::string_view what,
                                                         std::string_view key);

// A security level is a path of names, "Authenticated/Roles/Administrator". Only the leaves of the tree count.
struct Levels {
  std::vector<std::string> leaves;
  bool all_of = false;  // every leaf is needed, not any
};
// Of `key` ("writePermissions") in a security-properties document.
stoker::Result<Levels> permission(std::string_view json, std::string_view key);
// Those that an API key's document gives it.
stoker::Result<Levels> levels_of_key(std::string_view json);
// Is the key refused over plain http?
bool wants_https(std::string_view json);
// Names of the secret providers that a resource's document refers to.
std::vector<std::string> secret_providers(std::string_view json);
// Does the resource.json carry attributes.uuid?
bool has_uuid(std::string_view json);

}  // namespace ignition
