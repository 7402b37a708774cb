// How one repository is reached and with what right: the authorities it is trusted by, and the credentials that go to
// it and to nobody else. Read once from the configuration; a value. Any thread.
#pragma once

#include "address.hpp"

#include <stoker/host.hpp>

#include <string>

namespace stoker::git {

struct Access {
  std::string user;  // https
  Secret password;
  Secret ssh_key;                // a private key as ssh-keygen writes it, without a passphrase
  std::string known_hosts;       // lines as in a known_hosts file
  bool own_known_hosts = false;  // false: those that are built in
  std::string ca;                // certificates (PEM) to trust instead of the system's; empty: the system's
  Secret client_certificate, client_key;
  std::string proxy;  // "host:port" of an HTTP proxy; empty: none
};

// What the instance's `use` and the longest fitting prefix of settings.repositories say; `use` wins. Refused:
// credentials that would be sent in the clear (git.credentials-in-clear), trust that cannot be read
// (git.ca-invalid, git.client-certificate-invalid, git.known-hosts-invalid), a proxy that is none (git.proxy-invalid).
Result<Access> access_to(const Address& address, const Config& config);

}  // namespace stoker::git
