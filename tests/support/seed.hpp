// The seed of a random test: the same each time, so that what is found does not come and go with the day; another one
// by STOKER_TEST_SEED. Any thread.
#pragma once

#include <cstdlib>

namespace seed {

inline unsigned given_or(unsigned otherwise) {
  const char* given = std::getenv("STOKER_TEST_SEED");
  return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : otherwise;
}

}  // namespace seed
