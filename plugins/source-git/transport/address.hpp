// Where a repository is, as the user wrote it and as it was checked. Pure; any thread.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

enum class Scheme { file, git, http, https, ssh };

// A URL that may be used, never with credentials in it. `url` is what is said and what the cache is named by; the other
// parts are empty for file://.
struct Address {
  std::string url;
  Scheme scheme = Scheme::file;
  std::string user;  // ssh only
  std::string host;  // lower case, without the brackets of an IPv6 address
  std::string port;  // never empty
  std::string path;  // http(s), git: with the first slash, as written; ssh: as the other side's shell gets it
  bool local() const { return scheme == Scheme::file; }
};

// What is wrong with a URL has one of these codes: git.url-invalid, git.credentials-in-url, git.file-not-allowed. No
// message repeats credentials.
Result<Address> parse_address(std::string_view repo, bool allow_file);

// "host", "[::1]", "host:8443": without the port when it is the scheme's own.
std::string authority(const Address& address);

// The folder that a file:// URL names, as libgit2 understands it.
std::string folder_of(const Address& address);

}  // namespace stoker::git
