// A git server of our own that does one hostile thing, over git://, http or TLS on a port of its own, or as the program
// behind an sshd. Owned by the test; has a thread for each connection.
#pragma once

#include "hostile_act.hpp"
#include "socket_server.hpp"
#include "ssh_git_server.hpp"

namespace git_servers {

class HostilePeer {
 public:
  struct Wish {
    Act act = Act::silence;
    Over over = Over::git;                   // not ssh: see HostileSsh
    certificates::KeyPair certificate = {};  // over https
    Version version = Version::first;
    std::string location = {};  // of Act::redirect_away: "http://host:port"
  };
  HostilePeer(const HostileContent& content, Wish wish);

  std::uint16_t port() const { return server_.port(); }
  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const { return server_.connections(); }
  void turn(Act act) { act_ = act; }  // for connections from now on

 private:
  void serve(int socket);

  const HostileContent content_;
  const Wish wish_;
  std::atomic<Act> act_;
  const std::shared_ptr<SSL_CTX> tls_;  // null: in the clear
  SocketServer server_;                 // last: its threads use what is above
};

// The same acts behind a real sshd.
class HostileSsh {
 public:
  HostileSsh(const HostileContent& content, Act act, Version version = Version::first);
  const SshGitServer& server() const { return server_; }
  std::string url() const { return server_.url("honest"); }
  void turn(Act act);

 private:
  PrivateFolder folder_{"hostile-ssh"};
  SshGitServer server_;
};

}  // namespace git_servers
