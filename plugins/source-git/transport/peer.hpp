// A peer is the server in the smart protocol of git: a service is requested, then bytes go both ways. There is one
// class for each transport. A peer is made for one fetch. Used on the thread of the call.
#pragma once

#include "access.hpp"
#include "byte_stream.hpp"

#include <memory>

namespace stoker::git {

enum class Service { list, fetch };
enum class Protocol {
  first,
  second
};  // the version that is requested; a server without the second answers in the first

class Peer {
 public:
  virtual ~Peer() = default;
  // http(s): each request is a separate conversation. git, ssh: one conversation, which begins with the list of refs.
  virtual bool stateless() const = 0;
  virtual Result<std::unique_ptr<ByteStream>> talk(Service service) = 0;
};

// Makes a peer for any scheme but file. The references have to outlive it.
std::unique_ptr<Peer> peer_at(const Address& address, const Access& access, const Bound& bound, Protocol protocol);
std::unique_ptr<Peer> http_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol);
std::unique_ptr<Peer> ssh_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol);

// Asks an ssh server for its Git LFS server, for downloads. Returns a JSON document. Fails with git.lfs-no-server when
// it has none.
Result<std::string> lfs_authenticate(const Address& address, const Access& access, const Bound& bound);

}  // namespace stoker::git
