// Elections: who leads. One holder for each, in the database. A renewal is only noted in memory: after a start another
// candidate waits a full ttl anyway, because it has seen no renewal. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "store.hpp"

namespace stoker::local {

class Elections {
 public:
  Elections(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<bool> lead(std::string_view election, std::string_view candidate, std::chrono::milliseconds ttl);
  Result<void> resign(std::string_view election, std::string_view candidate);

 private:
  struct Seen {
    std::string candidate;
    std::int64_t renewed_ms = 0, ttl_ms = 0;
  };
  Store& store_;
  const Clock clock_;
  std::map<std::string, Seen, std::less<>> seen_;  // with the Store's lock held
};

}  // namespace stoker::local
