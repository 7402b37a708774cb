// The Events of this process, as objects. The same Event again raises its count. Only the newest stay. A failure is
// logged once; an Event is never tried again, because it is only for people. [event loop]
#pragma once

#include "host/objects/object_store.hpp"
#include "host/offered/clock.hpp"
#include "host/offered/log.hpp"

#include <deque>
#include <map>

namespace stoker::host {

// What an Event is about.
struct EventSubject {
  std::string api_version, kind, name_space, name, uid;
  EventSubject() = default;  // no aggregate: see host/base/async.hpp
};

class EventBook {
 public:
  static constexpr std::size_t events_max = 1000;

  EventBook(ObjectStore& store, const Clock& clock, ModuleLog log)
      : store_(store), clock_(clock), log_(std::move(log)) {}

  // Knows the Events that an earlier process wrote.
  asio::awaitable<void> open();
  asio::awaitable<void> write(EventSubject about, bool is_warning, std::string reason, std::string message);

 private:
  struct Written {
    std::uint64_t count = 0;
    std::string name_space;
  };
  asio::awaitable<void> drop_oldest();
  void say_failure(const Error& why);

  ObjectStore& store_;
  const Clock& clock_;
  ModuleLog log_;
  std::map<std::string, Written> known_;  // by name
  std::deque<std::string> oldest_first_;
  std::string failure_;
};

}  // namespace stoker::host
