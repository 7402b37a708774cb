// The other side as Git's smart protocol sees it: a service is asked for, and bytes go both ways. One for each
// transport; made for one fetch and gone with it. One call's thread.
#pragma once

#include "access.hpp"
#include "byte_stream.hpp"

#include <memory>

namespace stoker::git {

enum class Service { list, fetch };
enum class Protocol { first, second };  // what is asked for; a server that knows no second answers in the first

class Peer {
 public:
  virtual ~Peer() = default;
  // http(s): each request is a conversation of its own. git, ssh: there is one, that begins with the list.
  virtual bool stateless() const = 0;
  virtual Result<std::unique_ptr<ByteStream>> talk(Service service) = 0;
};

// For every scheme but file. The references outlive it.
std::unique_ptr<Peer> peer_at(const Address& address, const Access& access, const Bound& bound, Protocol protocol);
std::unique_ptr<Peer> http_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol);
std::unique_ptr<Peer> ssh_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol);

// What the server of ssh says of its Git LFS, for downloads: a document of JSON. git.lfs-no-server: it knows none.
Result<std::string> lfs_authenticate(const Address& address, const Access& access, const Bound& bound);

}  // namespace stoker::git
