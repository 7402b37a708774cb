// How one repository is accessed: the certificate authorities, the proxy, and the credentials, which are sent only to
// its server. Read once from the configuration. A value. [any thread]
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
  std::shared_ptr<GithubApp> app;  // https: gives a token that is valid for an hour
  Secret ssh_key;                  // a private key as ssh-keygen writes it
  Secret passphrase;               // of that key
  std::string known_hosts;         // lines of a known_hosts file
  bool own_known_hosts = false;    // false: the built-in ones are used
  std::string ca;  // certificates (PEM) to trust instead of those of the system; empty: those of the system
  Secret client_certificate, client_key;
  std::string proxy;  // "host:port" of an HTTP proxy; empty: none

  std::string hint;  // entries of settings.repositories that nearly fit; for messages about credentials and trust

  bool has_login() const { return app || !password.empty(); }
};

// Finds the access for a server: the entry of settings.repositories with the longest prefix that fits. For the server
// of its own repository, and for no other, the credentials of the instance's `use` replace those of the entry.
class Rights {
 public:
  // Fails with git.url-invalid, git.github-app-invalid.
  static Result<Rights> read(const Config& config, const Host& host, const Address& own);

  // Fails for credentials that would be sent without encryption (git.credentials-in-clear), for texts that cannot be
  // used (git.ca-invalid, git.client-certificate-invalid, git.known-hosts-invalid, git.ssh-key-invalid), and for an
  // invalid proxy (git.proxy-invalid).
  Result<Access> to(const Address& address) const;

 private:
  struct Entry {
    std::string written;  // the prefix in settings.repositories
    Address prefix;
    Access access;  // with `proxy` as it was written
  };
  explicit Rights(Address own) : own_(std::move(own)) {}
  Result<std::shared_ptr<GithubApp>> app_at(const Config& config, const Host& host, const std::string& at) const;
  Result<Access> way_to(const Address& address) const;
  std::string near_misses(const Address& address) const;

  Address own_;
  Access own_access_;
  std::vector<Entry> entries_;
};

}  // namespace stoker::git
