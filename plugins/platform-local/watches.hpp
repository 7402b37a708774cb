// The watches of this process, and `next`, which tells all of them what is new.
//
// Concept. A watch keeps no queue but its position in the log of changes. `next` reads the log once, from the oldest
// position on, and offers each change to each watch. So a slow reader costs no memory; one that falls behind the bounds
// of the log is expired. A commit wakes `next` through an eventfd; the end of a process wakes it through a pidfd.
//
// Threads. `watch`, `watch_owner` and `unwatch` on any thread; `next` on one at a time. Lock order: the Store's lock
// before this one's.
#pragma once

#include <stoker/host.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "process_owner.hpp"
#include "selector.hpp"
#include "store.hpp"

namespace stoker::local {

class Watches {
 public:
  static constexpr std::size_t watches_max = 1'000;
  static constexpr std::uint64_t events_max = 100'000;  // in one `next`
  static constexpr std::chrono::milliseconds bookmark_after{60'000};

  Watches(Store& store, const Clock& clock);

  Result<std::uint64_t> watch(const ObjectQuery& query, std::uint64_t from);
  Result<std::uint64_t> watch_owner(std::string_view owner);
  void unwatch(std::uint64_t number);
  Result<void> next(Call& call, const Out<ObjectEvent>& out);
  // There is news. Does not block. [any thread]
  void wake() const;

 private:
  struct Watch {
    std::uint64_t number = 0;
    enum class Of { objects, object_owner, process } of = Of::objects;
    std::string resource, name_space;
    Selector selector = {};
    std::string owner_uid = {};
    Descriptor process_end = {};
    // Of `next` alone.
    std::uint64_t position = 0, told_version = 0;
    std::int64_t told_ms = 0;
    bool lists_first = false;
    std::atomic<bool> over = false;  // also set by `unwatch`
  };
  // Shared, because `unwatch` may come while `next` uses it.
  using Listed = std::vector<std::shared_ptr<Watch>>;
  class Telling;

  Result<std::uint64_t> add(std::shared_ptr<Watch> watch, std::vector<ObjectEvent> first);
  Result<std::uint64_t> watch_object(const json::object& owner);
  Result<std::uint64_t> watch_process(const json::object& owner);
  Listed listed() const;
  // Takes what `watch_owner` found, and the processes that have ended.
  std::vector<ObjectEvent> take_waiting();
  struct Told {
    bool something = false, behind = false;
  };
  Result<Told> tell(const Out<ObjectEvent>& out);
  void remove_over();
  Result<void> wait_for_news(Call& call);
  bool wait(std::chrono::milliseconds at_most);  // true: something has woken it
  std::chrono::milliseconds until_bookmark() const;

  Store& store_;
  const Clock clock_;
  const Descriptor news_, epoll_;

  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Watch>> watches_;
  std::vector<ObjectEvent> waiting_;
  std::uint64_t last_number_ = 0;
};

}  // namespace stoker::local
