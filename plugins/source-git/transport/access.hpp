// How one repository is reached and with what right: the authorities it is trusted by, and the credentials that go to
// it and to nobody else. Read once from the configuration; a value. Any thread.
#pragma once

#include "address.hpp"

#include <stoker/host.hpp>

#include <memory>
#include <string>
#include <vector>

namespace stoker::git {

class GithubApp;

constexpr std::string_view token_user = "x-access-token";

struct Access {
  std::string user;  // https
  Secret password;
  std::shared_ptr<GithubApp> app;  // https: gives the password of the hour
  Secret ssh_key;                  // a private key as ssh-keygen writes it
  Secret passphrase;               // of that key
  std::string known_hosts;         // lines as in a known_hosts file
  bool own_known_hosts = false;    // false: those that are built in
  std::string ca;                  // certificates (PEM) to trust instead of the system's; empty: the system's
  Secret client_certificate, client_key;
  std::string proxy;  // "host:port" of an HTTP proxy; empty: none

  bool has_login() const { return app || !password.empty(); }
};

// Which access belongs to which server: that of settings.repositories by the longest prefix, and over it the
// credentials of the instance's `use` for the server of its own repository, and for no other.
class Rights {
 public:
  // git.url-invalid, git.github-app-invalid.
  static Result<Rights> read(const Config& config, const Host& host, const Address& own);

  // Refused: credentials that would be sent in the clear (git.credentials-in-clear), texts that cannot be used
  // (git.ca-invalid, git.client-certificate-invalid, git.known-hosts-invalid, git.ssh-key-invalid), a proxy that is
  // none (git.proxy-invalid).
  Result<Access> to(const Address& address) const;

 private:
  struct Entry {
    Address prefix;
    Access access;  // `proxy` as it was written
  };
  explicit Rights(Address own) : own_(std::move(own)) {}
  Result<std::shared_ptr<GithubApp>> app_at(const Config& config, const Host& host, const std::string& at) const;
  Result<Access> way_to(const Address& address) const;

  Address own_;
  Access own_access_;
  std::vector<Entry> entries_;
};

}  // namespace stoker::git
