// A git server of our own that does one hostile thing, over git://, http or TLS on a port of its own, or as the program
// behind an sshd. Owned by the test; has a thread for each connection.
#pragma once

#include "hostile_act.hpp"
#include "ssh_git_server.hpp"
#include "support/certificates.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

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
  HostilePeer(const HostilePeer&) = delete;
  HostilePeer& operator=(const HostilePeer&) = delete;
  ~HostilePeer();

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const { return connections_; }
  void turn(Act act) { act_ = act; }  // for connections from now on

 private:
  struct Tls;
  void accept();
  void serve(int socket);

  const HostileContent content_;
  const Wish wish_;
  std::atomic<Act> act_;
  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_: sockets that somebody serves
  std::vector<std::jthread> serving_;
  std::jthread accepting_;
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
