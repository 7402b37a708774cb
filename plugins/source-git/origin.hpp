// An Origin is one repository with its access and its caches. Origins holds all repositories of one source: its own and
// those of its submodules. [any thread]
#pragma once

#include "cache/cache.hpp"
#include "lfs/large_files.hpp"

#include <map>
#include <mutex>
#include <set>

namespace stoker::git {

// The parts that all origins share. It outlives them.
struct Means {
  std::filesystem::path state;
  Rights rights;
  Cache::Limits limits;
  std::uint64_t file_bytes_max;
  bool allow_file;
  Host host;
};

struct Origin {
  Origin(Address at, Access with, const Means& means);
  Origin(const Origin&) = delete;
  Origin& operator=(const Origin&) = delete;

  Remote remote() { return {address, access, quiet, limits.backend, limits.bytes_max}; }

  const Address address;
  const Access access;
  const Cache::Limits limits;
  const std::uint64_t file_bytes_max;
  Quiet quiet;
  Cache cache;
  LargeFiles large_files;
};

class Origins {
 public:
  static Result<std::unique_ptr<Origins>> make(const Address& own, Means means);

  Origin& own() { return *own_; }
  // The repository that `parent` names by this URL, absolute or relative to its own. It lives as long as this object.
  // Fails as Rights::to does, and with git.url-invalid, git.file-not-allowed, git.submodules-too-many.
  Result<Origin*> submodule(const Origin& parent, std::string_view url);

  // Is it the first time that this revision is asked about? What is worth a line in the log is written once, though
  // many gateways open the revision. After some thousands it may be true once more.
  bool is_first(const std::string& revision);

 private:
  explicit Origins(Means means) : means_(std::move(means)) {}

  const Means means_;
  std::unique_ptr<Origin> own_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Origin>> submodules_;  // by URL; mutex_ guards it
  std::set<std::string> opened_;                               // revisions; mutex_ guards it
};

}  // namespace stoker::git
