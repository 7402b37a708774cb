// A repository on a server: lists its refs and fetches from it. Every function obeys its bound. Used on the thread of
// the call.
#pragma once

#include "access.hpp"
#include "git_program.hpp"
#include "libgit2.hpp"

#include <mutex>
#include <vector>

namespace stoker::git {

class Exchange;

enum class Backend { libgit2, program };  // what fetches

// Until when no request is sent to a server that asked to wait. All calls of one source share it.
class Quiet {
 public:
  Result<void> check() const;
  void keep(const Error& error);

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point until_;
  Error why_;
};

// Failures: those of the peers (git.dns, git.tls-…, git.credentials-refused …), git.refused (no such object or ref
// there), git.cache-full, git.shallow-server (only libgit2), git.unreachable, git.denied, git.repository-not-found, or
// those of the bound.
class Remote {
 public:
  Remote(const Address& address, const Access& access, Quiet& quiet, Backend backend, std::uint64_t bytes_max)
      : address_(address), access_(access), quiet_(quiet), backend_(backend), bytes_max_(bytes_max) {}
  // The refs with these prefixes. All refs when the server cannot filter them, or when it is a folder of this machine.
  Result<Listing> list(const Bound& bound, const std::vector<std::string>& prefixes) const;
  // libgit2 always fetches the whole history. It is also used in place of the program git when the server supports only
  // the first version of the protocol, and for a folder of this machine.
  struct Wish {
    std::vector<std::string> refspecs;
    Depth depth = Depth::whole;
  };
  Result<void> fetch(const Bound& bound, git_repository* into, const Wish& wish) const;

 private:
  struct Watch;
  Result<RemoteHandle> connect(git_repository* into, git_remote_callbacks& callbacks) const;
  Result<Listing> list_here(Watch& watch) const;
  Result<bool> fetched_by_program(const Bound& bound, git_repository* into, const Wish& wish) const;
  Result<void> fetch_now(Watch& watch, git_repository* into, const std::vector<std::string>& refspecs) const;
  Error failure(errc otherwise, std::string_view otherwise_code) const;
  Error ended(Watch& watch, Error otherwise) const;
  Error told(Error why) const;
  Error shallow() const;
  bool is_shallow_here() const;

  const Address& address_;
  const Access& access_;
  Quiet& quiet_;
  const Backend backend_;
  const std::uint64_t bytes_max_;
};

}  // namespace stoker::git
