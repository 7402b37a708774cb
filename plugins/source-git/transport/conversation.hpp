// The conversation with a git server: its greeting, its refs and, in version 2 of the protocol, requests that are
// independent of each other. A server without version 2 lists its refs at once. Used on the thread of the call.
#pragma once

#include "packet.hpp"
#include "peer.hpp"
#include "refs/ref.hpp"

#include <functional>

namespace stoker::git {

// The failure for a repository that names its objects by SHA-256: git.object-format.
Error object_format();

class Conversation {
 public:
  // Failures: those of the peer, git.denied and git.repository-not-found (as the server says), git.bad-answer.
  static Result<Conversation> begin(Peer& peer);
  bool second_version() const { return !capabilities_.empty(); }

  // Call it once. In version 2 only the refs with these prefixes, otherwise all. Fails with git.listing-too-large.
  Result<Listing> list(const std::vector<std::string>& prefixes);

  // Version 2: the greeting of the server as it was sent, with its packets.
  const std::string& capabilities() const { return capabilities_; }
  // Version 2: sends a request and gives each packet of the answer to `take`, also the flush at its end.
  using Take = std::function<Result<void>(const Packet&)>;
  Result<void> ask(std::string_view request, const Take& take);

 private:
  Conversation(Peer& peer, std::unique_ptr<ByteStream> stream) : peer_(peer), stream_(std::move(stream)) {}
  Result<Packet> next(ByteStream& stream);
  Result<void> greet();
  Result<Listing> list_first_version();

  Peer& peer_;
  std::unique_ptr<ByteStream> stream_;
  std::string capabilities_;
  Packet first_;  // the first packet of the list in an older version
  std::uint64_t bytes_ = 0;
};

}  // namespace stoker::git
