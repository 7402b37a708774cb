// A call as a test makes one: its deadline and its cancel, and nothing behind them.
#pragma once

#include <stoker/abi/core.h>

#include <atomic>
#include <chrono>

namespace stoker::host {

struct TestCall final : stoker_call {
  explicit TestCall(std::chrono::milliseconds deadline = std::chrono::seconds(20))
      : stoker_call{}, until(std::chrono::steady_clock::now() + deadline) {
    struct_size = sizeof(stoker_call);
    id = 42;
    remaining_ms = [](const stoker_call* self) -> std::int64_t {
      const auto left = static_cast<const TestCall*>(self)->until - std::chrono::steady_clock::now();
      return std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
    };
    cancelled = [](const stoker_call* self) -> std::int32_t { return static_cast<const TestCall*>(self)->stop.load(); };
    fail = [](const stoker_call*, const stoker_error* error) { return error->status; };
    progress = [](const stoker_call*, std::uint64_t, std::uint64_t, stoker_str) {};
  }
  std::chrono::steady_clock::time_point until;
  std::atomic<bool> stop{false};
};

}  // namespace stoker::host
