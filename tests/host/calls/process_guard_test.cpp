// What a plugin changes of the process is put back.
#include "host/calls/process_guard.hpp"

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

// cases Q22
TEST(ProcessGuardTest, PutsBackWhatHappensAtASignal) {
  struct sigaction before {
  }, after{};
  ::sigaction(SIGTERM, nullptr, &before);
  const ProcessGuard guard;
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGPIPE, [](int) {});
  EXPECT_EQ(guard.put_back(), "what happens at SIGTERM, SIGPIPE");
  ::sigaction(SIGTERM, nullptr, &after);
  EXPECT_EQ(after.sa_handler, before.sa_handler);
  EXPECT_EQ(guard.put_back(), "");
}

}  // namespace
}  // namespace stoker::host
