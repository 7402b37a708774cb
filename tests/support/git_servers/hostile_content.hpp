// What a hostile server serves from: one honest repository and packs that lack something of it. A folder, so that a
// program behind ssh can read it too. Made on the test's main thread, read by any.
#pragma once

#include <filesystem>
#include <string>

namespace git_servers {

struct HostileContent {
  static HostileContent make(const std::filesystem::path& folder);
  static HostileContent read(const std::filesystem::path& folder);

  std::filesystem::path folder;
  std::string now;      // the commit that the server says it has; an honest repository lies in "honest"
  std::string whole;    // the pack that belongs to it
  std::string another;  // of its parent alone
  std::string without_tree, without_files;
};

}  // namespace git_servers
