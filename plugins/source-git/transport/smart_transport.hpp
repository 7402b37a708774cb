// Lets the smart protocol of libgit2 use the peers of this plugin. The transport gets its data through the payload of
// the callbacks, so that two fetches share nothing. A failure is returned as the original Error. Used on the thread of
// the call.
#pragma once

#include "libgit2.hpp"
#include "peer.hpp"

namespace stoker::git {

// One listing or fetch. It lives on the stack during the calls of libgit2.
class Exchange {
 public:
  Exchange(const Address& address, const Access& access, const Bound& bound)
      : peer_(peer_at(address, access, bound, Protocol::first)) {}

  // For git_remote_callbacks.transport, with this exchange as payload. Null for file://, where libgit2 uses its own.
  git_transport_cb transport() const;

  // The error that ended it, unless libgit2 itself failed.
  std::optional<Error> ended();

  // Does the list of refs say that the history of the server is cut off?
  bool saw_shallow() const { return saw_shallow_; }

 private:
  friend struct SmartTransport;
  const std::unique_ptr<Peer> peer_;
  std::optional<Error> failed_;
  std::uint64_t listed_bytes_ = 0;
  void look_for_shallow(std::string_view bytes);
  bool listing_ = true, saw_shallow_ = false;
  std::string before_;  // the end of what was read before, because a packet may come in two pieces
};

}  // namespace stoker::git
