// OpenSSH's sshd for all repositories below a folder: one user (who runs the test), one key that is let in,
// git-upload-pack and nothing else. Owned by the test's main thread.
#pragma once

#include "git_settings.hpp"
#include "private_folder.hpp"
#include "server_process.hpp"

#include <optional>

namespace git_servers {

enum class KeyType { ed25519, ecdsa, rsa };

// A private key file, mode 0600, and its public line beside it (".pub").
void make_key(const std::filesystem::path& file, KeyType type, const std::string& passphrase = {});

struct SshWish {
  KeyType user_key = KeyType::ed25519;
  std::string passphrase = {};  // of the user's key
  std::vector<KeyType> host_keys = {KeyType::ed25519};
  // What stands behind ssh instead of git: a command line of the shell.
  std::string instead = {};
  GitSettings settings = {};
};

class SshGitServer {
 public:
  explicit SshGitServer(const std::filesystem::path& repositories, const SshWish& wish = {});

  std::string url(const std::string& name, const std::string& host = "127.0.0.1") const;  // with the user
  std::string user() const;
  std::uint16_t port() const { return port_.number(); }
  std::filesystem::path user_key() const { return folder_ / "user"; }
  std::string user_key_text() const;

  // Lines of a known_hosts file for all keys that the server has now. `host` as a client asks for it: without one
  // "[127.0.0.1]:port"; a pattern such as "[127.0.0.*]:*" is taken as it is.
  std::string known_hosts(std::string host = {}) const;
  std::string known_hosts_hashed() const;
  std::vector<std::string> fingerprints() const;  // "SHA256:...", one a host key

  void rotate_host_keys(const std::vector<KeyType>& types);  // restarts with new keys, at the same port
  void stop() { sshd_->stop(); }
  std::string log() const;

 private:
  void start();
  std::filesystem::path host_key(std::size_t i) const { return folder_ / ("host" + std::to_string(i)); }

  PrivateFolder folder_{"sshd"};
  Port port_;
  std::size_t host_keys_ = 0;
  std::optional<ServerProcess> sshd_;
};

}  // namespace git_servers
