// The other side: one listing of its refs, and fetches from it. Every function keeps to its bound. One call's thread.
#pragma once

#include "access.hpp"
#include "bound.hpp"
#include "libgit2.hpp"
#include "ref.hpp"

#include <mutex>
#include <vector>

namespace stoker::git {

class Exchange;

// How long a server that asked to be left alone is left alone. Shared by all calls of one source.
class Quiet {
 public:
  Result<void> check() const;
  void keep(const Error& error);

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point until_;
  Error why_;
};

// Failures: those of the peers (git.dns, git.tls-…, git.credentials-refused …), git.refused (no such object or ref
// there), git.cache-full, git.unreachable, git.denied, git.repository-not-found, or those of the bound.
class Remote {
 public:
  Remote(const Address& address, const Access& access, Quiet& quiet, std::uint64_t bytes_max)
      : address_(address), access_(access), quiet_(quiet), bytes_max_(bytes_max) {}
  Result<Listing> list(const Bound& bound) const;
  Result<void> fetch(const Bound& bound, git_repository* into, const std::vector<std::string>& refspecs) const;

 private:
  struct Watch;
  Result<RemoteHandle> connect(git_repository* into, git_remote_callbacks& callbacks) const;
  Result<Listing> list_now(Watch& watch) const;
  Result<void> fetch_now(Watch& watch, git_repository* into, const std::vector<std::string>& refspecs) const;
  Error failure(errc otherwise, std::string_view otherwise_code) const;
  Error ended(Watch& watch, Error otherwise) const;

  const Address& address_;
  const Access& access_;
  Quiet& quiet_;
  std::uint64_t bytes_max_;
};

}  // namespace stoker::git
