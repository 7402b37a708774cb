// A process as the owner of something: named by its pid, its start time and the boot, so that a later process with the
// same pid is another one. Its end is seen through a pidfd, without polling.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "json_text.hpp"

namespace stoker::local {

// A descriptor of the system, closed with this.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

struct ProcessOwner {
  std::int64_t pid = 0;
  std::string start_time;  // field 22 of /proc/<pid>/stat
  std::string boot_id;     // /proc/sys/kernel/random/boot_id

  // {"kind": "Process", "pid", "startTime", "bootId"}; errc::invalid names the field that is wrong.
  static Result<ProcessOwner> from(const json::object& owner);
  // This process itself, for tests and for who claims for itself.
  static ProcessOwner self();
};

struct ProcessState {
  enum class Is { alive, gone, unknown } is = Is::unknown;
  Descriptor end = {};  // readable when the process has ended; none when that cannot be seen
};
// Looks now. `unknown`: the system does not let this process see that one.
ProcessState look_at(const ProcessOwner& owner);

}  // namespace stoker::local
