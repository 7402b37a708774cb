// platform-local: keeps the objects of a fleet in one SQLite file, for a Stoker that has no cluster.
#include <stoker/plugin.hpp>

#include "local_platform.hpp"

STOKER_PLUGIN("plugin.json", stoker::local::LocalPlatform);
