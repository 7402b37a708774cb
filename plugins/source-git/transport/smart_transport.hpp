// Our peers under libgit2's smart protocol. What a fetch needs reaches the transport by its callbacks' payload, so that
// two fetches share nothing; what failed comes back as the Error that it was. One call's thread.
#pragma once

#include "libgit2.hpp"
#include "peer.hpp"

namespace stoker::git {

// One listing or fetch. Lives on the stack around libgit2's calls.
class Exchange {
 public:
  Exchange(const Address& address, const Access& access, const Bound& bound)
      : peer_(peer_at(address, access, bound, Protocol::first)) {}

  // For git_remote_callbacks.transport with this exchange as payload; null: libgit2's own, for file://.
  git_transport_cb transport() const;

  // Why it ended, when that was not libgit2's own doing.
  std::optional<Error> ended();

 private:
  friend struct SmartTransport;
  const std::unique_ptr<Peer> peer_;
  std::optional<Error> failed_;
  std::uint64_t listed_bytes_ = 0;
  bool listing_ = true;
};

}  // namespace stoker::git
