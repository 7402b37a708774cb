// See hostile_peer.hpp.
#include "hostile_peer.hpp"

#include "hostile_wire.hpp"

namespace git_servers {

HostilePeer::HostilePeer(const HostileContent& content, Wish wish)
    : content_(content),
      wish_(std::move(wish)),
      act_(wish_.act),
      tls_(wish_.over == Over::https ? tls_context(wish_.certificate) : nullptr),
      server_([this](int socket) { serve(socket); }) {}

void HostilePeer::serve(int socket) {
  const Act act = act_;
  if (tls_ && act != Act::silence) {
    TlsWire wire(socket, tls_.get());
    if (wire.shook_hands()) perform(act, wish_.over, wish_.version, wire, content_, wish_.location);
  } else {
    PlainWire wire(socket, socket);
    perform(act, wish_.over, wish_.version, wire, content_, wish_.location);
  }
}

std::string HostilePeer::url(const std::string& host) const {
  return std::string(name_of(wish_.over)) + "://" + host + ":" + std::to_string(port()) + "/honest";
}

HostileSsh::HostileSsh(const HostileContent& content, Act act, Version version)
    : server_(content.folder,
              {.instead = std::string(STOKER_HOSTILE_GIT) + " '" + content.folder.string() + "' '" +
                          (folder_ / "act").string() + "' " + (version == Version::second ? "2" : "1")}) {
  turn(act);
}

void HostileSsh::turn(Act act) { write_text(folder_ / "act", name_of(act)); }

}  // namespace git_servers
