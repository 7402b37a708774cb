// `stoker describe`: one object for people, in the sections that users of kubectl know. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoker::host {

struct DescribedObject {
  std::string document;              // JSON text of the object
  std::vector<std::string> events;   // documents of Events of its namespace; those about other objects are left out
  std::vector<std::string> targets;  // of a GatewaySync: its SyncTargets
};

// Ends with a line break. Secrets are named and never shown, because objects hold none.
std::string description(const DescribedObject& described, std::int64_t now_ms);

}  // namespace stoker::host
