// Keys of SSH as text: lines of known_hosts, those of the large public hosts, fingerprints, our own private key. Pure;
// any thread.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

// As github.com, gitlab.com and bitbucket.org publish them.
std::string_view built_in_host_keys();

// A trust file that cannot be read is an error and never no file: at least one line, each of them with a key.
// git.known-hosts-invalid.
Result<void> check_known_hosts(std::string_view text);

// A private key in any format of ssh-keygen. One with a passphrase only where that is given, since nobody is there to
// be asked. git.ssh-key-invalid.
Result<void> check_private_key(std::string_view text, bool has_passphrase);

// "SHA256:…" of a key as it stands in known_hosts (base64); empty when it is none.
std::string fingerprint(std::string_view key);

}  // namespace stoker::git
