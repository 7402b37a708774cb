// The calls by which this process changes files below one folder, each shown to a Watch before it happens and after.
// The test program defines them itself, so that the built plugin and its SQLite come through here as well. Process
// wide; on the thread of the caller.
#pragma once

#include <filesystem>
#include <string>

namespace stoker::schedule {

struct DurableCall {
  enum class Does { make, write, move, remove, mode, sync };
  Does does;
  std::string path;   // from the watched folder; of a move: where to
  std::string other;  // of a move: where from
};

class Watch {
 public:
  // 0: let it happen; else it fails with this errno and nothing is changed.
  virtual int before(const DurableCall& call) = 0;
  virtual void after(const DurableCall& call) = 0;

 protected:
  ~Watch() = default;
};

// From now on; nobody watches when it is null.
void watch(Watch* watch, const std::filesystem::path& folder);

// What this thread does meanwhile is not watched: the world itself writes.
class Unwatched {
 public:
  Unwatched();
  ~Unwatched();
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;
};

}  // namespace stoker::schedule
