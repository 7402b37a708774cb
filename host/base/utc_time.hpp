// Writes and reads times for people and documents. Pure. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace stoker::host {

// In UTC, to the second: "2025-01-02T03:04:05Z".
std::string rfc3339(std::int64_t unix_ms);
// The time that such a text says; nothing for another text.
std::optional<std::int64_t> unix_ms_of(const std::string& rfc3339);

}  // namespace stoker::host
