// What a gateway's answers say, as values. Pure; the only file of the plugin that reads the gateway's JSON.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <vector>

namespace ignition {

enum class State { down, starting, commissioning, running, faulted };
std::string_view name(State state);

struct Node {  // of /system/gwinfo
  std::string role = "independent", version;
  bool commissioning = false;
};
struct Pairing {  // of …/redundancy
  bool sync_pending = false, failover_pending = false;
};
struct ScanStatus {
  bool active = false;
  std::int64_t last = 0;  // epoch ms
};
struct ScanLock {
  std::string actor;
  std::int64_t timestamp = 0, remaining_s = 0;
};
struct Designer {
  std::string user, project;
};
struct Project {
  std::string name;
  bool invalid_parent = false;
};

stoker::Result<State> status_ping(std::string_view json);
Node gwinfo(std::string_view line);
stoker::Result<Pairing> redundancy(std::string_view json);
stoker::Result<ScanStatus> scan_status(std::string_view json);
stoker::Result<ScanLock> scan_lock(std::string_view json);
stoker::Result<std::vector<Designer>> designers(std::string_view json);
stoker::Result<std::vector<Project>> projects(std::string_view json);
// Is every health check of a resource well?
stoker::Result<bool> healthy(std::string_view json);

}  // namespace ignition
