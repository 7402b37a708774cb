// The files that Git LFS keeps outside of a repository. They are fetched from the server of the repository, and stored
// below the state folder; the one that was not used for the longest time is removed first. The SHA-256 is checked at
// the fetch and at each reading. Files can be fetched again at any time. Owned by one Origin. Any thread, also of other
// processes.
#pragma once

#include "lfs_pointer.hpp"
#include "transport/remote.hpp"

#include <stoker/host.hpp>

#include <filesystem>

namespace stoker::git {

class LargeFiles {
 public:
  struct Limits {
    std::chrono::milliseconds fetch;  // time limit for one file
    std::uint64_t file_bytes_max = 0, cache_bytes_max = 0;
  };
  LargeFiles(const std::filesystem::path& home, const Address& address, const Access& access, const Rights& rights,
             Quiet& quiet, Limits limits, const Host& host);

  // Gives the content in pieces; fetches it first if it is not stored. Fails with git.lfs-object-missing,
  // git.lfs-no-server, git.lfs-answer, git.lfs-damaged, git.file-too-large, git.cache-full, and those of the
  // connection. After a failure the bytes that were handed over must not be used.
  Result<void> read(Call& call, const Pointer& pointer, const Bytes& out);

 private:
  class Incoming;
  class Opened;
  Result<void> deliver(const Bound& bound, const Pointer& pointer, const Bytes& out) const;
  Result<Opened> here(const Bound& bound, const Pointer& pointer) const;
  Result<Opened> fetched(const Bound& bound, const Pointer& pointer) const;
  Result<Opened> beside(const Bound& bound, const Pointer& pointer) const;
  void make_room(std::uint64_t bytes) const;

  const std::filesystem::path folder_;
  const Address& address_;  // these four belong to the owner
  const Access& access_;
  const Rights& rights_;
  Quiet& quiet_;
  const Limits limits_;
  const Host host_;
};

}  // namespace stoker::git
