// A bare copy of one repository below the state folder of the module. It can be made again at any time, so it is
// replaced as soon as it may be damaged: a new folder is made, the mark is switched to it, and the old folder is
// removed. Threads and processes may share it. Reading takes no lock; changing takes a lock on the folder. Owned by one
// GitSource.
#pragma once

#include "cache_mark.hpp"
#include "lease.hpp"
#include "transport/remote.hpp"

#include <stoker/host.hpp>

#include <filesystem>
#include <functional>
#include <mutex>
#include <set>

namespace stoker::git {

// An opened repository. The folder that it is read from is kept for as long as this object exists.
struct Clone {
  Lease lease;
  Repository repository;
  std::string folder;
};

class Cache {
 public:
  struct Limits {
    std::chrono::milliseconds fetch;
    std::uint64_t bytes_max;
    Backend backend;
  };
  Cache(const std::filesystem::path& state, const Address& address, const Access& access, Quiet& quiet, Limits limits,
        Log log);

  using Doubted = std::set<std::string>;  // folders that were found damaged

  // A clone that has the commit. Uses no network when the commit is in the cache and its folder is not in doubt.
  // `known_as`: a ref that meant this revision, or empty. Fails with git.revision-not-found when the server does not
  // have it.
  Result<Clone> open(Call& call, const std::string& revision, const std::string& known_as, const Doubted& doubted);

  // The commits whose ids begin so. Fetches from the server when the cache has none.
  Result<std::vector<std::string>> commits(Call& call, const std::string& prefix);

 private:
  class Lock;
  Result<Clone> open_here(const CacheMark& mark) const;
  std::optional<CacheMark> valid_mark(const Doubted& doubted, bool strict) const;
  bool has_room(const CacheMark& mark) const;
  // Fetches until the clone has what is wanted. False: the server does not have it.
  using Wanted = std::function<bool(git_repository*)>;
  using Attempts = std::vector<Remote::Wish>;  // tried one after the other
  Result<bool> fetch(const Bound& bound, git_repository* into, const Attempts& attempts, const Wanted& has) const;
  // Under the lock: uses the folder, or fetches into it, or makes a new one.
  Result<Clone> obtain(const Bound& bound, const Attempts& attempts, const Wanted& has, const Doubted& doubted,
                       const Error& absent);
  Result<Clone> rebuild(const Bound& bound, const Attempts& attempts, const Wanted& has, const Error& absent);
  Result<void> settle(const std::string& folder);
  void drop_all_but(std::string_view folder) const;

  const Address& address_;  // these three belong to the owner
  const Access& access_;
  Quiet& quiet_;
  const Limits limits_;
  const Log log_;
  const std::filesystem::path home_;
  std::timed_mutex changing_;
};

}  // namespace stoker::git
