// What has to be so after a stop, asked of the next process.
#pragma once

#include "tests/crash/site.hpp"

namespace crash {

// What has to be so after a stop.
struct Expected {
  bool may_be_old = true, may_be_new = true;
  bool may_hold = false;  // r2 may have been held
  bool fresh = false;     // Stoker was never there before
};

// The next process: wakes, and must find one of the revisions, whole, and all that is remembered in agreement with it;
// then a whole Run must reach r2 (r3 when r2 is held) and leave nothing behind. Says what is not so.
void succeed(Site& site, const Expected& expected);

}  // namespace crash
