// System calls by what matters to a stop: their names, whether they change what is on disk, and which errors they may
// answer. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace crash {

struct SystemCall {
  long number = 0;
  std::array<std::uint64_t, 6> arguments{};
  std::uint64_t open_flags = 0;  // of an openat2, which keeps them in a struct
  bool writable = false;         // the descriptor, of a close

  bool operator==(const SystemCall&) const = default;

  std::string name() const;
  // Touches files or the file system, be it only by looking; all else can be killed at and nothing more.
  bool of_files() const;
  // May leave something else on disk, or makes it durable.
  bool changes() const;
  // May it fail with this errno, by its manual page?
  bool may_fail_with(int error) const;
  // The kernel has done its work when it answers this error: a descriptor is closed all the same.
  bool fails_afterwards() const;
  // May it write less than it was asked to?
  bool may_be_short() const;
};

}  // namespace crash
