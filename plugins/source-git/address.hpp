// Where a repository is, as the user wrote it and as it was checked. Pure; any thread.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

// A URL that may be used: file:// (absolute, this machine) or git://, never with credentials in it.
struct Address {
  std::string url;
  bool local = false;
};

// What is wrong with a URL has one of these codes: git.url-invalid, git.credentials-in-url, git.file-not-allowed,
// git.transport-not-available. No message repeats credentials.
Result<Address> parse_address(std::string_view repo, bool allow_file);

}  // namespace stoker::git
