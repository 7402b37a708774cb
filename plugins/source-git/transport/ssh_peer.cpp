// Git over the program ssh of the machine, which supports every kind of key and known_hosts files. The process is
// killed at the deadline. The host key is always checked, the configuration of the user is not read, and no secret is
// in the arguments.
#include "child_stream.hpp"
#include "memory_file.hpp"
#include "peer.hpp"
#include "ssh_keys.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::int64_t connect_seconds_max = 30;
constexpr std::size_t host_key_bytes_max = 4096;
constexpr std::size_t authentication_bytes_max = 64 * 1024;

enum class Command { upload_pack, lfs_authenticate };

// Quotes for the shell of the server, and for git-shell and similar programs, which parse the same quotes.
std::string shell_quoted(std::string_view path) {
  std::string text = "'";
  for (const char c : path) {
    if (c == '\'' || c == '!')
      text += std::string("'\\") + c + "'";
    else
      text += c;
  }
  return text + "'";
}

// OpenSSH needs a line end after the last line, and no carriage returns of Windows files.
std::string as_key_file(const std::string& text) {
  std::string key;
  for (const char c : text)
    if (c != '\r') key += c;
  return key + "\n";
}

std::vector<std::string> common_arguments(const Address& address, const Bound& bound) {
  std::vector<std::string> arguments = {"ssh", "-F", "none", "-T"};
  for (const char* option : {"GlobalKnownHostsFile=none",
                             "UpdateHostKeys=no",
                             "HashKnownHosts=no",
                             "CheckHostIP=no",
                             "FingerprintHash=sha256",
                             "VisualHostKey=no",
                             "VerifyHostKeyDNS=no",
                             "IdentitiesOnly=yes",
                             "IdentityAgent=none",
                             "PasswordAuthentication=no",
                             "NumberOfPasswordPrompts=1",  // holds for a passphrase too
                             "KbdInteractiveAuthentication=no",
                             "GSSAPIAuthentication=no",
                             "HostbasedAuthentication=no",
                             "ForwardAgent=no",
                             "ForwardX11=no",
                             "ClearAllForwardings=yes",
                             "PermitLocalCommand=no",
                             "ControlMaster=no",
                             "ControlPath=none",
                             "ConnectionAttempts=1",
                             "ServerAliveInterval=15",
                             "ServerAliveCountMax=3",
                             "EscapeChar=none"})
    arguments.insert(arguments.end(), {"-o", option});
  const auto seconds = std::clamp<std::int64_t>(bound.remaining().count() / 1000, 1, connect_seconds_max);
  arguments.insert(arguments.end(), {"-o", "ConnectTimeout=" + std::to_string(seconds), "-p", address.port});
  if (!address.user.empty()) arguments.insert(arguments.end(), {"-l", address.user});
  return arguments;
}

Program ssh(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return {std::move(arguments), std::move(environment), "git.ssh-missing", "install openssh-client"};
}

// The files that ssh reads by their path while it runs.
struct SshFiles {
  MemoryFile known_hosts;
  std::optional<MemoryFile> key, passphrase, askpass;
};

// ssh asks a small program for the passphrase, which reads it from a file in memory.
Result<SshFiles> files_for(const Access& access) {
  auto known = MemoryFile::make(access.own_known_hosts ? access.known_hosts + "\n" : std::string(built_in_host_keys()));
  if (!known) return std::move(known).error();
  SshFiles files{std::move(*known), {}, {}, {}};
  const auto keep = [](std::optional<MemoryFile>& as, Result<MemoryFile> made) -> Result<void> {
    if (!made) return std::move(made).error();
    as.emplace(std::move(*made));
    return {};
  };
  if (access.ssh_key.empty()) return files;
  if (auto kept = keep(files.key, MemoryFile::make(as_key_file(access.ssh_key.reveal()))); !kept)
    return std::move(kept).error();
  if (access.passphrase.empty()) return files;
  std::string line = access.passphrase.reveal();  // an editor may have added a line end
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  if (auto kept = keep(files.passphrase, MemoryFile::make(line + "\n")); !kept) return std::move(kept).error();
  auto kept =
      keep(files.askpass, MemoryFile::make_program("#!/bin/sh\nIFS= read -r line < " + files.passphrase->path() +
                                                   " && printf '%s\\n' \"$line\"\n"));
  if (!kept) return std::move(kept).error();
  return files;
}

class SshPeer : public Peer {
 public:
  SshPeer(const Address& address, const Access& access, const Bound& bound, Protocol protocol)
      : address_(address), access_(access), bound_(bound), protocol_(protocol) {}
  bool stateless() const override { return false; }
  Result<std::unique_ptr<ByteStream>> talk(Service) override { return run(Command::upload_pack); }
  Result<std::unique_ptr<ByteStream>> run(Command command) const;

  // Why ssh or the command on the server ended; `early`: before any byte arrived.
  std::optional<Error> reason(ChildStream& child, bool early, Command command) const;

 private:
  Error unknown_host() const;
  Error changed_host(std::string_view said) const;
  std::optional<Error> refused(std::string_view said) const;

  const Address& address_;
  const Access& access_;
  const Bound& bound_;
  const Protocol protocol_;
};

class SshStream : public ByteStream {
 public:
  SshStream(const SshPeer& peer, Command command, SshFiles files)
      : peer_(peer), command_(command), files_(std::move(files)) {}
  void carry(std::unique_ptr<ChildStream> child) { child_ = std::move(child); }

  Result<std::size_t> read(char* into, std::size_t size) override {
    auto got = child_->read(into, size);
    if (!got) return got;
    early_ = early_ && *got == 0;
    if (*got == 0)
      if (auto why = peer_.reason(*child_, early_, command_)) return std::move(*why);
    return got;
  }
  Result<void> write(std::string_view bytes) override {
    auto sent = child_->write(bytes);
    if (!sent && sent.error().code == "git.connection-lost")
      if (auto why = peer_.reason(*child_, early_, command_)) return std::move(*why);
    return sent;
  }

 private:
  const SshPeer& peer_;
  const Command command_;
  const SshFiles files_;
  std::unique_ptr<ChildStream> child_;  // destroyed before the files that it reads
  bool early_ = true;
};

Result<std::unique_ptr<ByteStream>> SshPeer::run(Command command) const {
  auto files = files_for(access_);
  if (!files) return std::move(files).error();
  std::vector<std::string> arguments = common_arguments(address_, bound_), environment;
  const bool git = command == Command::upload_pack;
  if (git && protocol_ == Protocol::second) arguments.insert(arguments.end(), {"-o", "SetEnv=GIT_PROTOCOL=version=2"});
  if (files->askpass) environment = {"SSH_ASKPASS=" + files->askpass->path(), "SSH_ASKPASS_REQUIRE=force"};
  arguments.insert(arguments.end(),
                   {"-o", files->askpass ? "BatchMode=no" : "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o",
                    "PreferredAuthentications=publickey", "-o", "UserKnownHostsFile=" + files->known_hosts.path(), "-o",
                    "IdentityFile=" + (files->key ? files->key->path() : "none"), "--", address_.host,
                    git ? "git-upload-pack " + shell_quoted(address_.path)
                        : "git-lfs-authenticate " + shell_quoted(address_.path) + " download"});
  auto stream = std::make_unique<SshStream>(*this, command, std::move(*files));
  auto child = ChildStream::start(ssh(std::move(arguments), std::move(environment)), bound_);
  if (!child) return std::move(child).error();
  stream->carry(std::move(*child));
  return std::unique_ptr<ByteStream>(std::move(stream));
}

// Asks the server for its host key again, without offering a key of ours, so that the message can say what to
// configure.
Error SshPeer::unknown_host() const {
  const std::string where = "the key of " + authority(address_) + " is not known";
  Error unknown(errc::denied, where + "; put the server's line into knownHosts", "git.host-key-unknown");
  auto lines = MemoryFile::make("");
  if (!lines) return unknown;
  std::vector<std::string> arguments = common_arguments(address_, bound_);
  arguments.insert(arguments.end(), {"-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new", "-o",
                                     "PreferredAuthentications=none", "-o", "UserKnownHostsFile=" + lines->path(), "-o",
                                     "IdentityFile=none", "--", address_.host, "true"});
  auto child = ChildStream::start(ssh(std::move(arguments)), bound_);
  if (!child || !(*child)->ended()) return unknown;
  std::string line = lines->text(host_key_bytes_max);
  line.resize(std::min(line.find('\n'), line.size()));
  if (!check_known_hosts(line)) return unknown;
  const std::string key = line.substr(line.find(' ', line.find(' ') + 1) + 1);
  unknown.message = where + "; it shows " + fingerprint(key) +
                    ". If that is what its operator publishes, put this line into knownHosts: " + line;
  return unknown;
}

Error SshPeer::changed_host(std::string_view said) const {
  const auto at = said.find("SHA256:");
  const std::string shown =
      at == said.npos ? "another one" : std::string(said.substr(at, said.find_first_of(".\r\n ", at) - at));
  return Error(errc::denied,
               "the key of " + authority(address_) + " is not the one in knownHosts; it shows " + shown +
                   ". Somebody may be in between: ask its operator, and change knownHosts only then",
               "git.host-key-changed");
}

std::optional<Error> SshPeer::refused(std::string_view said) const {
  const auto has = [&](std::string_view words) { return said.find(words) != said.npos; };
  const std::string host = authority(address_);
  if (has("HOST IDENTIFICATION HAS CHANGED") || has("REVOKED HOST KEY")) return changed_host(said);
  if (has("host key is known for") || has("Host key verification failed")) return unknown_host();
  if (has("Load key")) return Error(errc::invalid, "ssh cannot read the key: is it damaged?", "git.ssh-key-invalid");
  if (has("Permission denied") || has("Too many authentication failures"))
    return access_.ssh_key.empty()
               ? Error(errc::denied, host + " wants a key; give it as git.auth.sshKey", "git.credentials-missing")
               : Error(errc::denied,
                       host + " refuses the key; is its public half allowed there" +
                           (access_.passphrase.empty() ? "?" : ", and is the passphrase right?"),
                       "git.credentials-refused");
  if (has("Could not resolve hostname"))
    return Error(errc::unreachable, "the name " + address_.host + " cannot be looked up", "git.dns");
  if (has("Connection refused"))
    return Error(errc::unreachable, "connecting to " + host + ": refused", "git.connection-refused");
  if (has("timed out")) return Error(errc::timeout, "connecting to " + host + ": no answer", "git.timeout");
  return std::nullopt;
}

std::optional<Error> SshPeer::reason(ChildStream& child, bool early, Command command) const {
  constexpr int failed_itself =
      255;  // the exit code of ssh itself; any other code is that of the command on the server
  auto code = child.ended();
  if (!code) return std::move(code).error();
  const std::string& said = child.said();
  if (*code == failed_itself) {
    if (early)
      if (auto why = refused(said)) return why;
    return Error(errc::unreachable, "ssh: " + child.last_line(), early ? "git.ssh" : "git.connection-lost");
  }
  if (!early) return std::nullopt;  // the git protocol reports the error
  if (command == Command::lfs_authenticate)
    return Error(errc::not_found, "the server offers no Git LFS over ssh: " + child.last_line(), "git.lfs-no-server");
  for (const char* words : {"not found", "not appear to be a git repository", "not exist", "could not be found"})
    if (said.find(words) != said.npos)
      return Error(errc::not_found, "no such repository, or the key may not see it: " + child.last_line(),
                   "git.repository-not-found");
  return Error(errc::unreachable, "the server closed the connection: " + child.last_line(), "git.ssh");
}

}  // namespace

std::unique_ptr<Peer> ssh_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol) {
  return std::make_unique<SshPeer>(address, access, bound, protocol);
}

Result<std::string> lfs_authenticate(const Address& address, const Access& access, const Bound& bound) {
  const SshPeer peer(address, access, bound, Protocol::first);
  auto stream = peer.run(Command::lfs_authenticate);
  if (!stream) return std::move(stream).error();
  return rest_of(**stream, authentication_bytes_max);
}

}  // namespace stoker::git
