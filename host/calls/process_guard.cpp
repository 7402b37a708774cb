#include "host/calls/process_guard.hpp"

#include "host/base/standard_streams.hpp"
#include "host/calls/last_calls.hpp"

#include <signal.h>
#include <string.h>

#include <array>
#include <mutex>
#include <optional>

namespace stoker::host {
namespace {

constexpr std::array watched{SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};
using Actions = std::array<struct sigaction, watched.size()>;

// One for the process, as the actions are. Workers that were written off may use it while the process ends: neither
// the lock nor the actions have a destructor that does something.
std::mutex mutex;
std::optional<Actions> wanted;

bool same(const struct sigaction& one, const struct sigaction& other) {
  return (one.sa_flags & SA_SIGINFO) == (other.sa_flags & SA_SIGINFO) &&
         (one.sa_flags & SA_SIGINFO ? one.sa_sigaction == other.sa_sigaction : one.sa_handler == other.sa_handler);
}

}  // namespace

void keep_signal_actions() {
  Actions now{};
  for (std::size_t i = 0; i < watched.size(); ++i) ::sigaction(watched[i], nullptr, &now[i]);
  const std::lock_guard lock(mutex);
  wanted = now;
}

void forget_signal_actions() {
  const std::lock_guard lock(mutex);
  wanted.reset();
}

std::string put_back_process() {
  std::string changed = put_back_standard_streams();
  const std::lock_guard lock(mutex);
  if (!wanted) return changed;
  for (std::size_t i = 0; i < watched.size(); ++i) {
    struct sigaction now {};
    if (::sigaction(watched[i], nullptr, &now) != 0 || same(now, (*wanted)[i])) continue;
    if (is_dying()) return changed;  // looked at after the action: the handler says so before it takes itself away
    ::sigaction(watched[i], &(*wanted)[i], nullptr);
    changed += (changed.empty() ? "what happens at SIG" : ", SIG") + std::string(::sigabbrev_np(watched[i]));
  }
  return changed;
}

}  // namespace stoker::host
