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
  bool close();  // false: written data may be lost; the descriptor is closed in any case

 private:
  int number_;
};

// Repeats the call while a signal interrupts it (EINTR).
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

// The Error for the current `errno`. It is retryable when the cause may pass, such as a full disk.
Error file_error(const std::filesystem::path& file, std::string_view what);

enum class Links { refuse, follow };

// Fails with not_found when there is no such file, and with invalid when it is longer than `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max, Links links = Links::refuse);
// Reads from the current position to the end. `file` is its name, for messages.
Result<std::string> read_rest(const Descriptor& from, const std::filesystem::path& file, std::size_t bytes_max);

// Replaces the file atomically: after a crash at any point the file has its old or its new content, never a part of it.
// `replaced` is set when the new content is in place, even when an error then says that it may not be durable.
Result<void> replace_file(const std::filesystem::path& file, std::string_view text, bool* replaced = nullptr);

}  // namespace stoker::host
