// How often this process asked for durability, its libraries included. Any thread.
#pragma once

#include <cstdint>

namespace bench {

std::uint64_t syncs_so_far();

}  // namespace bench
