// The content that Git LFS keeps beside a repository: asked for at the repository's own server, checked by its SHA-256
// while it is fetched and each time it is read, and kept below the state folder, the longest unused dropped first. It
// can be fetched again at any time. Owned by one Origin; any thread, also of other processes.
#pragma once

#include "lfs_pointer.hpp"
#include "transport/remote.hpp"

#include <stoker/host.hpp>

#include <filesystem>

namespace stoker::git {

class LargeFiles {
 public:
  struct Limits {
    std::chrono::milliseconds fetch;  // longest time for one file
    std::uint64_t file_bytes_max = 0, cache_bytes_max = 0;
  };
  LargeFiles(const std::filesystem::path& home, const Address& address, const Access& access, const Rights& rights,
             Quiet& quiet, Limits limits, const Host& host);

  // The content in pieces, fetched first where it is not here. git.lfs-object-missing, git.lfs-no-server,
  // git.lfs-answer, git.lfs-damaged, git.file-too-large, git.cache-full, and those of the connection. What was handed
  // over before a failure is not to be used.
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
  const Address& address_;  // the owner's, as the next three
  const Access& access_;
  const Rights& rights_;
  Quiet& quiet_;
  const Limits limits_;
  const Host host_;
};

}  // namespace stoker::git
