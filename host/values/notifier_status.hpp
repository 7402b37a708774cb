// How one notifier gets on, for the status page. A value. [any thread]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace stoker::host {

// Why notices do not arrive, and since when.
struct NoticeFailure {
  std::int64_t since_ms = 0;  // Unix time
  std::string code, why;
};

struct NotifierStatus {
  std::string module;
  std::size_t waiting = 0, parked = 0;
  std::optional<NoticeFailure> failure;  // no value: the last notice arrived, or none was sent yet
};

}  // namespace stoker::host
