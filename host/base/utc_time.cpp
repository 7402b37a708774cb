#include "host/base/utc_time.hpp"

#include <ctime>

namespace stoker::host {

std::string rfc3339(std::int64_t unix_ms) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(text, size);
}

std::optional<std::int64_t> unix_ms_of(const std::string& rfc3339) {
  std::tm utc{};
  const char* end = ::strptime(rfc3339.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  if (!end || *end) return std::nullopt;
  return std::int64_t(::timegm(&utc)) * 1000;
}

}  // namespace stoker::host
