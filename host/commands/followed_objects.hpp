// What `-w` of `why` and `history` looks at: Syncs and targets, kept in step with the host by a watch of each kind.
// Each watch has a thread of its own, which ends with the object. [main thread]
#pragma once

#include "host/commands/host_client.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace stoker::host {

// Documents as they are at one time, each kind by namespace and name.
struct ObjectsNow {
  std::vector<std::string> syncs, targets;
};

class FollowedObjects {
 public:
  // A kind without a selection is not looked at.
  FollowedObjects(const ObjectClient& client, std::optional<Selection> syncs, std::optional<Selection> targets);
  FollowedObjects(const FollowedObjects&) = delete;
  FollowedObjects& operator=(const FollowedObjects&) = delete;

  // What there is: the first time when all of it is known, later when something has changed, or after `longest`. Two
  // answers are a second or more apart, so whoever prints each of them prints no flood. An error: the host has gone.
  Result<ObjectsNow> next(std::chrono::milliseconds longest);

 private:
  static constexpr std::chrono::seconds apart{1};
  using Documents = std::map<std::string, std::string>;
  void follow(ObjectClient client, const Kind& kind, const Selection& selection, Documents& documents,
              const std::stop_token& stop);
  void begin(const ObjectClient& client, const char* kind, const std::optional<Selection>& selection,
             Documents& documents);

  std::mutex mutex_;  // of all below but the threads
  std::condition_variable happened_;
  Documents syncs_, targets_;
  std::size_t unlisted_ = 0;  // watches that have not told yet what there was
  bool has_changed_ = false;
  std::optional<Error> ended_;
  std::chrono::steady_clock::time_point answered_{};
  std::vector<std::jthread> threads_;
};

}  // namespace stoker::host
