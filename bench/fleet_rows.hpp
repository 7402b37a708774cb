// The rows of B11 and B12: a fleet in one process, of one repository and of fifty. Main thread only.
#pragma once

#include "fleet.hpp"
#include "page.hpp"

namespace bench {

std::vector<Row> fleet_rows(const std::filesystem::path& room, bool quick);

}  // namespace bench
