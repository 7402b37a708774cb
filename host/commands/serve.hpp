// `stoker run` and `stoker sync`: the roles. They load what the configuration enables and wire it. Called by main,
// once.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace stoker::host {

struct ServeOptions {
  std::filesystem::path config;
  std::vector<std::filesystem::path> plugins;  // folders
};

struct SyncOptions : ServeOptions {
  std::string target;
  bool dry_run = false, json = false;
};

// Until SIGTERM or SIGINT; SIGHUP reads the Syncs again. Exit codes: 0 ok, 1 failed, 2 the configuration is wrong.
int run(const ServeOptions& options, std::ostream& err);
// One Run of each target, and what it ended in. 5: held, or a repository is away.
int sync(const SyncOptions& options, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
