#include "host/calls/process_guard.hpp"

#include "host/base/standard_streams.hpp"

#include <string.h>

namespace stoker::host {
namespace {

constexpr std::array watched{SIGTERM, SIGINT, SIGHUP, SIGPIPE, SIGXFSZ, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

bool same(const struct sigaction& one, const struct sigaction& other) {
  return (one.sa_flags & SA_SIGINFO) == (other.sa_flags & SA_SIGINFO) &&
         (one.sa_flags & SA_SIGINFO ? one.sa_sigaction == other.sa_sigaction : one.sa_handler == other.sa_handler);
}

}  // namespace

ProcessGuard::ProcessGuard() : actions_{} {
  static_assert(watched.size() == signals_count);
  for (std::size_t i = 0; i < watched.size(); ++i) ::sigaction(watched[i], nullptr, &actions_[i]);
}

std::string ProcessGuard::put_back() const {
  std::string changed = put_back_standard_streams();
  for (std::size_t i = 0; i < watched.size(); ++i) {
    struct sigaction now {};
    if (::sigaction(watched[i], nullptr, &now) != 0 || same(now, actions_[i])) continue;
    ::sigaction(watched[i], &actions_[i], nullptr);
    changed += (changed.empty() ? "what happens at SIG" : ", SIG") + std::string(::sigabbrev_np(watched[i]));
  }
  return changed;
}

}  // namespace stoker::host
