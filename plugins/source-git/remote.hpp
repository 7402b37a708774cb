// The other side: one listing of its refs, and fetches from it. Every function keeps to its bound. One call's thread.
#pragma once

#include "address.hpp"
#include "bound.hpp"
#include "libgit2.hpp"
#include "ref.hpp"

#include <vector>

namespace stoker::git {

// Failures: git.unreachable, git.denied, git.repository-not-found, git.refused (no such object or ref there),
// git.cache-full, or those of the bound.
class Remote {
 public:
  Remote(const Address& address, std::uint64_t bytes_max) : address_(address), bytes_max_(bytes_max) {}
  Result<Listing> list(const Bound& bound) const;
  Result<void> fetch(const Bound& bound, git_repository* into, const std::vector<std::string>& refspecs) const;

 private:
  Result<RemoteHandle> connect(git_repository* into, git_remote_callbacks& callbacks) const;
  Error failure(errc otherwise, std::string_view otherwise_code) const;

  const Address& address_;
  std::uint64_t bytes_max_;
};

}  // namespace stoker::git
