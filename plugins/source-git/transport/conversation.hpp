// What is said with a server of Git: what it says first, its refs, and in version 2 of the protocol any request, each
// of which stands by itself. A server that knows no version 2 lists its refs at once. One call's thread.
#pragma once

#include "packet.hpp"
#include "peer.hpp"
#include "refs/ref.hpp"

#include <functional>

namespace stoker::git {

class Conversation {
 public:
  // Failures: those of the peer, git.denied and git.repository-not-found (as the server says), git.bad-answer.
  static Result<Conversation> begin(Peer& peer);
  bool second_version() const { return !capabilities_.empty(); }

  // Once. Of version 2 only the refs that begin so, else all. git.listing-too-large.
  Result<Listing> list(const std::vector<std::string>& prefixes);

  // Version 2: what the server said first, packets and all.
  const std::string& capabilities() const { return capabilities_; }
  // Version 2: sends a request and gives each packet of the answer to `take`, the flush at its end too.
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
  Packet first_;  // of an older version's list
  std::uint64_t bytes_ = 0;
};

}  // namespace stoker::git
