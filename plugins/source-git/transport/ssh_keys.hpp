// SSH keys as text: lines of known_hosts, the keys of large public hosts, fingerprints, private keys. Pure. [any
// thread]
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

// As github.com, gitlab.com and bitbucket.org publish them.
std::string_view built_in_host_keys();

// Checks the text of a known_hosts file: it needs at least one line, and a key in each. An invalid text is an error and
// never counts as absent. Fails with git.known-hosts-invalid.
Result<void> check_known_hosts(std::string_view text);

// Checks a private key in any format of ssh-keygen. A key with a passphrase is accepted only when the passphrase is
// configured, because nobody can be asked for it. Fails with git.ssh-key-invalid.
Result<void> check_private_key(std::string_view text, bool has_passphrase);

// The fingerprint "SHA256:…" of a key in the base64 form of known_hosts; empty when it is not a key.
std::string fingerprint(std::string_view key);

}  // namespace stoker::git
