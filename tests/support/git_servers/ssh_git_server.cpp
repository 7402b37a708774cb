// See ssh_git_server.hpp.
#include "ssh_git_server.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <stdexcept>

namespace git_servers {
namespace {

namespace fs = std::filesystem;

constexpr const char* sshd = "/usr/sbin/sshd";  // it wants to be started by its whole path

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// What the client asks for is in a variable; `git shell` takes its own kind of quotes apart.
std::string serving_script(const fs::path& repositories, const GitSettings& settings) {
  std::string text = "#!/bin/sh\n";
  for (const auto& [name, value] : environment_of(settings)) text += "export " + name + "=" + quoted(value) + "\n";
  return text +
         "case $SSH_ORIGINAL_COMMAND in\n  \"git-upload-pack '/\"*) ;;\n"
         "  *) echo \"only git-upload-pack is served here\" >&2; exit 128 ;;\nesac\n"
         "path=${SSH_ORIGINAL_COMMAND#\"git-upload-pack '\"}\n"
         "exec git shell -c \"git-upload-pack '\"" +
         quoted(repositories.string()) + "\"$path\"\n";
}

}  // namespace

void make_key(const fs::path& file, KeyType type, const std::string& passphrase) {
  child::Arguments arguments{"ssh-keygen", "-q", "-f", file.string(), "-N", passphrase, "-C", "test", "-t"};
  switch (type) {
    case KeyType::ed25519: arguments.emplace_back("ed25519"); break;
    case KeyType::ecdsa: arguments.emplace_back("ecdsa"); break;
    case KeyType::rsa: arguments.insert(arguments.end(), {"rsa", "-b", "2048"}); break;
  }
  fs::remove(file);
  child::output_of(arguments);
}

SshGitServer::SshGitServer(const fs::path& repositories, const SshWish& wish) {
  make_key(user_key(), wish.user_key, wish.passphrase);
  write_text(folder_ / "serve", serving_script(repositories, wish.settings));
  const std::string command = wish.instead.empty() ? "/bin/sh " + quoted((folder_ / "serve").string()) : wish.instead;
  std::ostringstream text;
  text << "ListenAddress 127.0.0.1:" << port_.text() << "\nPidFile none\nUsePAM no\nStrictModes no\nUseDNS no\n"
       << "PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
       << "AuthorizedKeysFile " << (folder_ / "user.pub").string() << "\nAcceptEnv GIT_PROTOCOL\nPrintLastLog no\n"
       << "PrintMotd no\nMaxStartups 100\nLogLevel VERBOSE\nForceCommand " << command << "\n";
  write_text(folder_ / "sshd_config", text.str());
  rotate_host_keys(wish.host_keys);
}

void SshGitServer::rotate_host_keys(const std::vector<KeyType>& types) {
  sshd_.reset();
  for (std::size_t i = 0; i < types.size(); ++i) make_key(host_key(i), types[i]);
  host_keys_ = types.size();
  start();
}

void SshGitServer::start() {
  // Where root's sshd puts itself apart; Debian's start scripts make it, and nobody has run them here.
  if (::geteuid() == 0) fs::create_directories("/run/sshd");
  child::Arguments arguments{sshd, "-D", "-e", "-f", (folder_ / "sshd_config").string()};
  for (std::size_t i = 0; i < host_keys_; ++i) arguments.insert(arguments.end(), {"-h", host_key(i).string()});
  // Since OpenSSH 9.8 a client that failed often is made to wait; older ones do not know the word.
  child::Arguments asking = arguments;
  asking[1] = "-t";
  asking.insert(asking.end(), {"-o", "PerSourcePenalties=no"});
  if (child::finished(asking).code == 0) arguments.insert(arguments.end(), {"-o", "PerSourcePenalties=no"});
  sshd_.emplace(arguments, folder_ / "log", port_);
}

std::string SshGitServer::user() const {
  passwd entry{}, *found = nullptr;
  std::array<char, 4096> texts;
  ::getpwuid_r(::geteuid(), &entry, texts.data(), texts.size(), &found);
  if (!found) throw std::runtime_error("sshd lets in users with a name only; this one has none");
  return entry.pw_name;
}

std::string SshGitServer::url(const std::string& name, const std::string& host) const {
  return "ssh://" + user() + "@" + host + ":" + port_.text() + "/" + name;
}

std::string SshGitServer::user_key_text() const { return text_of(user_key()); }

std::string SshGitServer::known_hosts(std::string host) const {
  if (host.empty()) host = "[127.0.0.1]:" + port_.text();
  std::string lines;
  for (std::size_t i = 0; i < host_keys_; ++i) {
    std::istringstream key(text_of(host_key(i).string() + ".pub"));
    std::string type, bytes;
    key >> type >> bytes;
    lines += host + " " + type + " " + bytes + "\n";
  }
  return lines;
}

std::string SshGitServer::known_hosts_hashed() const {
  const PrivateFolder room("known-hosts");
  write_text(room / "known", known_hosts());
  child::output_of({"ssh-keygen", "-q", "-H", "-f", (room / "known").string()});
  return text_of(room / "known");
}

std::vector<std::string> SshGitServer::fingerprints() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < host_keys_; ++i) {
    std::istringstream words(child::output_of({"ssh-keygen", "-l", "-f", host_key(i).string() + ".pub"}));
    std::string bits, fingerprint;
    words >> bits >> fingerprint;
    all.push_back(fingerprint);
  }
  return all;
}

std::string SshGitServer::log() const { return sshd_->log(); }

}  // namespace git_servers
