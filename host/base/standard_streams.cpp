#include "host/base/standard_streams.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <iostream>
#include <streambuf>
#include <string>

namespace stoker::host {
namespace {

constexpr int own_descriptors_begin = 10;  // away from the numbers that a plugin may take for its own

// What one of the three was: a copy of it, and the file that it led to.
struct Stream {
  const char* name;
  std::atomic<int> copy{-1};
  dev_t device = 0;
  ino_t inode = 0;
};
std::array<Stream, 3> streams{{{"standard input"}, {"standard output"}, {"standard error"}}};

// A program that was started without one of the three would give its number to the next file that it opens.
void open_what_is_closed() {
  for (int number = 0; number < 3; ++number)
    if (::fcntl(number, F_GETFD) < 0) {
      const int nowhere = ::open("/dev/null", O_RDWR);
      if (nowhere >= 0 && nowhere != number) ::dup2(nowhere, number);
    }
}

void remember_streams() {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    struct stat about {};
    if (::fstat(static_cast<int>(i), &about) != 0) continue;
    streams[i].device = about.st_dev;
    streams[i].inode = about.st_ino;
    streams[i].copy = ::fcntl(static_cast<int>(i), F_DUPFD_CLOEXEC, own_descriptors_begin);
  }
}

}  // namespace

class AnswerStream::Buffer : public std::streambuf {
 public:
  explicit Buffer(int to) : to_(to) { setp(bytes_.data(), bytes_.data() + bytes_.size()); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() override {
    sync();
    if (to_ >= 0) ::close(to_);
  }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
    return traits_type::not_eof(next);
  }
  int sync() override {
    for (const char* at = pbase(); at < pptr();) {
      const ssize_t written = ::write(to_, at, static_cast<std::size_t>(pptr() - at));
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) {
        keep_from(at);
        return -1;
      }
      at += written;
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return 0;
  }

 private:
  // What is before `at` is written: the next try must not write it again.
  void keep_from(const char* at) {
    const std::ptrdiff_t left = pptr() - at;
    std::copy(at, static_cast<const char*>(pptr()), bytes_.data());
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    pbump(static_cast<int>(left));
  }

  const int to_;
  std::array<char, 16384> bytes_;
};

AnswerStream::AnswerStream() : out_(nullptr) {
  open_what_is_closed();
  const int answers = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, own_descriptors_begin);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  remember_streams();
  buffer_ = std::make_unique<Buffer>(answers);
  out_.rdbuf(buffer_.get());
  if (::isatty(answers)) out_ << std::unitbuf;
  std::cerr.tie(&out_);  // what was answered comes before a question or a message that follows it
}

AnswerStream::~AnswerStream() {
  std::cerr.tie(nullptr);
  out_.flush();
}

std::string put_back_standard_streams() {
  std::string changed;
  for (std::size_t i = 0; i < streams.size(); ++i) {
    const int copy = streams[i].copy.load();
    struct stat now {};
    if (copy < 0) continue;
    const bool same =
        ::fstat(static_cast<int>(i), &now) == 0 && now.st_dev == streams[i].device && now.st_ino == streams[i].inode;
    if (same) continue;
    ::dup2(copy, static_cast<int>(i));
    changed += (changed.empty() ? "" : ", ") + std::string(streams[i].name);
  }
  return changed;
}

}  // namespace stoker::host
