// git://, and which peer a scheme has.
#include "packet.hpp"
#include "peer.hpp"
#include "tcp_stream.hpp"

namespace stoker::git {
namespace {

class GitPeer : public Peer {
 public:
  GitPeer(const Address& address, const Bound& bound, Protocol protocol)
      : address_(address), bound_(bound), protocol_(protocol) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<ByteStream>> talk(Service) override {
    auto stream = connect_tcp(address_.host, address_.port, bound_);
    if (!stream) return stream;
    using namespace std::string_literals;
    const std::string wanted = "git-upload-pack " + address_.path + "\0host="s + authority(address_) + "\0"s +
                               (protocol_ == Protocol::second ? "\0version=2\0"s : ""s);
    if (auto sent = (*stream)->write(packet(wanted)); !sent) return std::move(sent).error();
    return stream;
  }

 private:
  const Address& address_;
  const Bound& bound_;
  const Protocol protocol_;
};

}  // namespace

std::unique_ptr<Peer> peer_at(const Address& address, const Access& access, const Bound& bound, Protocol protocol) {
  switch (address.scheme) {
    case Scheme::file: break;
    case Scheme::git: return std::make_unique<GitPeer>(address, bound, protocol);
    case Scheme::http:
    case Scheme::https: return http_peer(address, access, bound, protocol);
    case Scheme::ssh: return ssh_peer(address, access, bound, protocol);
  }
  return nullptr;
}

}  // namespace stoker::git
