// TLS over a connection, always verified: version 1.2 or newer, names and IP addresses, authorities and client
// certificate of the one repository. There is no callback that could accept what was not verified. One call's thread.
#pragma once

#include "access.hpp"
#include "byte_stream.hpp"

#include <memory>

namespace stoker::git {

// git.tls-expired, git.tls-unknown-authority, git.tls-name, git.tls-untrusted: why the certificate is not trusted;
// git.tls-client-certificate: the server wants (another) one; git.tls: anything else that breaks the handshake.
Result<std::unique_ptr<ByteStream>> secure(std::unique_ptr<ByteStream> connection, const std::string& host,
                                           const Access& access);

// Can the texts be used: certificates, a key that fits.
Result<void> check_trust(const Access& access);

}  // namespace stoker::git
