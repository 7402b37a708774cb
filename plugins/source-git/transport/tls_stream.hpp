// TLS over a connection, version 1.2 or newer. The certificate is always verified, by name or IP address, with the
// authorities of this repository. No code can accept a certificate that failed the check. Used on the thread of the
// call.
#pragma once

#include "access.hpp"
#include "byte_stream.hpp"

#include <memory>

namespace stoker::git {

// git.tls-expired, git.tls-unknown-authority, git.tls-name, git.tls-untrusted: why the certificate is not trusted;
// git.tls-client-certificate: the server wants (another) one; git.tls: anything else that breaks the handshake.
Result<std::unique_ptr<ByteStream>> secure(std::unique_ptr<ByteStream> connection, const std::string& host,
                                           const Access& access);

// Checks the certificates, and that the key fits.
Result<void> check_trust(const Access& access);

}  // namespace stoker::git
