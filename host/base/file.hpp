// Files of bounded size: read as a whole, or replaced so that a crash leaves the old or the new one. All functions
// block. The event loop calls them only for small files on a local disk.
#pragma once

#include <stoker/result.hpp>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace stoker::host {

// Owns an open file descriptor, or none (-1).
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  bool is_open() const { return number_ >= 0; }
  int get() const { return number_; }
  int release();
  bool close();  // false: the system could not keep what was written; it is closed all the same

 private:
  int number_;
};

// Calls again for as long as a signal interrupts.
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

// The Error of what `errno` says now. It is retryable when the cause may pass, as with a full disk.
Error file_error(const std::filesystem::path& file, std::string_view what);

enum class Links { refuse, follow };

// not_found when there is none; invalid when it is longer than `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max, Links links = Links::refuse);
// Reads from the current position to the end. `file` is its name, for messages.
Result<std::string> read_rest(const Descriptor& from, const std::filesystem::path& file, std::size_t bytes_max);

// After any crash the old file or the new one is there, whole. `replaced` is set when the new one is in its place, even
// if the error then says that it may not be durable.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, bool* replaced = nullptr);

}  // namespace stoker::host
