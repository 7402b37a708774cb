// git://, and which peer a scheme has.
#include "peer.hpp"
#include "tcp_stream.hpp"

#include <cstdio>

namespace stoker::git {
namespace {

// One packet of the protocol: its length in four digits, then its bytes.
std::string packet(const std::string& bytes) {
  char length[5];
  std::snprintf(length, sizeof length, "%04zx", bytes.size() + 4);
  return length + bytes;
}

class GitPeer : public Peer {
 public:
  GitPeer(const Address& address, const Bound& bound) : address_(address), bound_(bound) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<ByteStream>> talk(Service) override {
    auto stream = connect_tcp(address_.host, address_.port, bound_);
    if (!stream) return stream;
    using namespace std::string_literals;
    const std::string wanted = "git-upload-pack " + address_.path + "\0host="s + authority(address_) + "\0"s;
    if (auto sent = (*stream)->write(packet(wanted)); !sent) return std::move(sent).error();
    return stream;
  }

 private:
  const Address& address_;
  const Bound& bound_;
};

}  // namespace

std::unique_ptr<Peer> peer_at(const Address& address, const Access& access, const Bound& bound) {
  switch (address.scheme) {
    case Scheme::file: break;
    case Scheme::git: return std::make_unique<GitPeer>(address, bound);
    case Scheme::http:
    case Scheme::https: return http_peer(address, access, bound);
    case Scheme::ssh: return ssh_peer(address, access, bound);
  }
  return nullptr;
}

}  // namespace stoker::git
