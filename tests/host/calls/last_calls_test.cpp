// What is left of a process that died: which plugin it was in.
#include "host/calls/last_calls.hpp"
#include "host/calls/process_guard.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <thread>

namespace stoker::host {
namespace {

class LastCallsTest : public ::testing::Test {
 protected:
  // Does `act` in a child process; what that wrote to standard error.
  std::string in_a_child(const std::function<void()>& act) {
    const std::filesystem::path words = folder_ / "stderr";
    const pid_t child = ::fork();
    if (child == 0) {
      ::dup2(::open(words.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      act();
      ::_exit(0);
    }
    ::waitpid(child, &ended_, 0);
    std::ostringstream text;
    text << std::ifstream(words).rdbuf();
    return text.str();
  }
  LastDeath before() const { return LastCalls(file_).before(); }

  const test::TempFolder temp_;
  const std::filesystem::path folder_ = temp_.path();
  const std::filesystem::path file_ = folder_ / "last-calls";
  int ended_ = 0;
};

// cases Q3
TEST_F(LastCallsTest, ACrashIsNamedAtOnceAndByTheNextStart) {
  const std::string said = in_a_child([this] {
    const LastCalls calls(file_);
    name_crashes();
    const RunningCall outer("strategy-merge: stage", "press-1");
    const RunningCall inner("acme-source: read", "");
    ::raise(SIGSEGV);
  });
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has the handlers";
#endif
  EXPECT_TRUE(WIFSIGNALED(ended_) && WTERMSIG(ended_) == SIGSEGV) << "it ends as it would have without the handler";
  EXPECT_EQ(said, "stoker: the process dies of SIGSEGV in the plugin call acme-source: read\n");
  const LastDeath death = before();
  EXPECT_EQ(death.signal, SIGSEGV);
  ASSERT_EQ(death.calls.size(), 1u);
  EXPECT_EQ(death.calls[0].module, "acme-source");
  EXPECT_EQ(death.calls[0].function, "read");
  EXPECT_TRUE(death.calls[0].crashed);
  EXPECT_GT(death.calls[0].since_ms, 1'700'000'000'000);
  EXPECT_TRUE(before().calls.empty()) << "it is said once";
}

// cases Q3: the stack of the thread is used up, so the handler needs one of its own.
TEST_F(LastCallsTest, AnEndlessRecursionIsNamedToo) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has the handlers";
#endif
  const std::string said = in_a_child([this] {
    const LastCalls calls(file_);
    name_crashes();
    std::thread([] {
      const RunningCall running("acme-verify: admit", "press-1");
      std::function<int(int)> forever = [&](int n) {
        volatile char room[4096] = {};
        return forever(n + 1) + room[0];
      };
      forever(0);
    }).join();
  });
  EXPECT_EQ(said, "stoker: the process dies of SIGSEGV in the plugin call acme-verify: admit for target press-1\n");
  EXPECT_EQ(before().calls.at(0).target, "press-1");
}

// cases Q3, Q22: else the crash would be raised and named over and over.
TEST_F(LastCallsTest, ACallThatEndsMeanwhileDoesNotPutTheHandlerBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer has the handlers";
#endif
  for (int round = 0; round < 20; ++round) {
    const std::string said = in_a_child([this] {
      const LastCalls calls(file_);
      name_crashes();
      keep_signal_actions();
      std::atomic<bool> begun{false};
      std::thread([&begun] {
        for (;; begun = true) put_back_process();
      }).detach();
      while (!begun) std::this_thread::yield();
      ::raise(SIGSEGV);
    });
    ASSERT_EQ(said, "stoker: the process dies of SIGSEGV outside of plugin calls\n");
    ASSERT_TRUE(WIFSIGNALED(ended_) && WTERMSIG(ended_) == SIGSEGV);
  }
}

// cases Q3: nobody can catch SIGKILL, and a plugin may call exit().
TEST_F(LastCallsTest, AProcessThatWasKilledLeavesTheCallsThatRan) {
  in_a_child([this] {
    const LastCalls calls(file_);
    const RunningCall outer("strategy-merge: apply", "press-1");
    { const RunningCall inner("source-git: read", ""); }
    ::raise(SIGKILL);
  });
  const LastDeath death = before();
  EXPECT_EQ(death.signal, 0);
  ASSERT_EQ(death.calls.size(), 1u);
  EXPECT_EQ(death.calls[0].function, "apply") << "the inner call has returned";
  EXPECT_EQ(death.calls[0].target, "press-1");
  EXPECT_FALSE(death.calls[0].crashed);
}

// cases Q3
TEST_F(LastCallsTest, AnOrderlyEndLeavesNothing) {
  in_a_child([this] {
    auto calls = std::make_unique<LastCalls>(file_);
    const RunningCall running("trigger-poll: next", "");
    calls.reset();
  });
  EXPECT_TRUE(before().calls.empty());
}

// cases Q3: `stoker sync` beside `stoker run`.
TEST_F(LastCallsTest, ASecondProcessLeavesTheFileToTheFirst) {
  in_a_child([this] {
    const LastCalls first(file_);
    const RunningCall running("source-git: resolve", "");
    in_a_child([this] {
      const LastCalls second(file_);
      const RunningCall other("source-git: open", "");
      ::raise(SIGKILL);
    });
    ::raise(SIGKILL);
  });
  const LastDeath death = before();
  ASSERT_EQ(death.calls.size(), 1u);
  EXPECT_EQ(death.calls[0].function, "resolve");
}

// cases Q3: the file is outside input, and a start must not fail for it.
TEST_F(LastCallsTest, AFileOfSomethingElseIsBegunAnew) {
  std::ofstream(file_) << "not what it should be";
  EXPECT_TRUE(before().calls.empty());
  std::filesystem::remove(file_);
  std::filesystem::create_directory(file_);
  EXPECT_TRUE(before().calls.empty());
}

}  // namespace
}  // namespace stoker::host
