// The folder of one notifier: <key>.json holds the Report of a notice that waits, and <key>.tries says how its tries
// went, once there was one. parked/ holds the same two files of a notice that was given up. One process at a time owns
// the folder. All functions block. [worker]
#pragma once

#include "host/base/file.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace stoker::host {

// How the tries of one notice went.
struct Tries {
  Tries() = default;     // no aggregate: see host/base/async.hpp
  unsigned failed = 0;   // tries that failed
  bool in_call = false;  // stored before the call: a process that finds it set knows that the last one died in it
  unsigned deaths = 0;   // processes in a row that died in the call
  std::int64_t first_ms = 0, next_ms = 0;  // Unix time of the first try, and of the next one
  std::string reason;                      // of the last failure
};

std::string to_json(const Tries& tries);
// Tries that cannot be read count as none.
Tries tries_from_json(std::string_view text);

struct StoredNotice {
  StoredNotice() = default;
  std::string key;
  Tries tries;
};

// What lay in the folder when it was opened.
struct FolderContent {
  FolderContent() = default;
  std::vector<StoredNotice> waiting;  // oldest first
  std::size_t parked = 0;
  bool owned = true;  // false: another process delivers what waits here, so it was not read
};

// What lies in parked/ after a notice was put there.
struct ParkedCount {
  ParkedCount() = default;
  std::size_t kept = 0, removed = 0;
};

class NoticeFolder {
 public:
  static constexpr std::size_t parked_max = 100;  // when there are more, those that were parked first are removed

  explicit NoticeFolder(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }

  // May be called again: a process that does not own the folder owns it once the owner has ended.
  Result<FolderContent> open();
  // The oldest notices beyond so many, of whatever process.
  Result<std::vector<std::string>> beyond(std::size_t kept_max) const;
  Result<void> write(const std::string& key, std::string_view report) const;
  Result<std::string> read(const std::string& key) const;
  Result<void> write_tries(const std::string& key, const Tries& tries) const;
  void remove(const std::string& key) const;
  // Moves the notice to parked/.
  Result<ParkedCount> park(const std::string& key, const Tries& tries) const;

 private:
  Result<bool> take_ownership();

  std::filesystem::path path_;
  std::mutex mutex_;  // a call that was given up may still run beside the next one
  Descriptor lock_;
  bool owned_ = false;
};

}  // namespace stoker::host
