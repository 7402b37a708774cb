// What happened to a Sync, for people: the Events between two statuses of it. Pure. [any thread]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct EventText {
  bool is_warning = false;
  std::string reason, message;
  bool operator==(const EventText&) const = default;
};

// What is new in the status `after`. `before`: the status that was stored; empty: none. Both are JSON texts.
std::vector<EventText> events_between(std::string_view before, std::string_view after);

}  // namespace stoker::host
