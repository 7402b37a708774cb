// The address of a repository, checked and taken apart. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

enum class Scheme { file, git, http, https, ssh };

// A checked URL; it never contains credentials. `url` is used in messages and for the name of the cache. The other
// parts are empty for file://.
struct Address {
  std::string url;
  Scheme scheme = Scheme::file;
  std::string user;  // ssh only
  std::string host;  // lower case, without the brackets of an IPv6 address
  std::string port;  // never empty
  std::string path;  // http(s), git: with the first slash, as written; ssh: as the shell of the server gets it
  std::string hint;  // what a user may have meant instead, for messages of failures; often empty
  bool local() const { return scheme == Scheme::file; }
};

// Fails with one of these codes: git.url-invalid, git.credentials-in-url, git.file-not-allowed. No
// message contains credentials.
Result<Address> parse_address(std::string_view repo, bool allow_file);

// "host", "[::1]", "host:8443": the port is omitted when it is the default of the scheme.
std::string authority(const Address& address);

// The folder that a file:// URL names, as libgit2 understands it.
std::string folder_of(const Address& address);

}  // namespace stoker::git
