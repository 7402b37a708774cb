// The bare copy of one repository below the module's state folder. It can be made again at any time, so it is thrown
// away at the first doubt: rebuilt beside, switched in by its mark, the old one dropped. Threads and processes may
// share it: reading takes no lock, changing takes a lock on the folder. Owned by one GitSource.
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

// An opened repository, and the folder that it is read from, which stays as long as this does.
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

  // A clone that has the commit. Touches no network when it is here and its folder is not doubted. `known_as` is a ref
  // that was seen to mean the revision, or empty. git.revision-not-found: the other side does not have it.
  Result<Clone> open(Call& call, const std::string& revision, const std::string& known_as, const Doubted& doubted);

  // The commits whose ids begin so; fetched from the other side when none is here.
  Result<std::vector<std::string>> commits(Call& call, const std::string& prefix);

 private:
  class Lock;
  Result<Clone> open_here(const CacheMark& mark) const;
  std::optional<CacheMark> valid_mark(const Doubted& doubted, bool strict) const;
  bool has_room(const CacheMark& mark) const;
  // Fetches until the clone has what is wanted. False: the other side does not have it.
  using Wanted = std::function<bool(git_repository*)>;
  using Attempts = std::vector<Remote::Wish>;  // one after the other
  Result<bool> fetch(const Bound& bound, git_repository* into, const Attempts& attempts, const Wanted& has) const;
  // Under the lock: what is here, else a fetch into it, else a new folder.
  Result<Clone> obtain(const Bound& bound, const Attempts& attempts, const Wanted& has, const Doubted& doubted,
                       const Error& absent);
  Result<Clone> rebuild(const Bound& bound, const Attempts& attempts, const Wanted& has, const Error& absent);
  Result<void> settle(const std::string& folder);
  void drop_all_but(std::string_view folder) const;

  const Address& address_;  // the owner's, as the next two
  const Access& access_;
  Quiet& quiet_;
  const Limits limits_;
  const Log log_;
  const std::filesystem::path home_;
  std::timed_mutex changing_;
};

}  // namespace stoker::git
