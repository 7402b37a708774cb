// Writes times for people and documents. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>

namespace stoker::host {

// In UTC, to the second: "2025-01-02T03:04:05Z".
std::string rfc3339(std::int64_t unix_ms);

}  // namespace stoker::host
