// B11, B12: what a fleet costs in one process. Main thread only.
#pragma once

#include "fleet.hpp"

namespace bench {

struct FleetWork {
  std::filesystem::path room;
  FleetSize size;
  int rounds = 5;
  std::chrono::seconds idle{20};
};

// Prints one JSON document: start, memory, looks at all, changes of one Sync, a push, and commands at the socket.
void load_fleet(const FleetWork& work);

}  // namespace bench
