#include "host/base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace stoker::host {
namespace {

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = uninterrupted([&] { return ::write(descriptor, text.data(), text.size()); });
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> write_durably(Descriptor& out, const std::filesystem::path& file, std::string_view text) {
  if (!write_all(out.get(), text)) return file_error(file, "write");
  if (uninterrupted([&] { return ::fsync(out.get()); }) != 0) return file_error(file, "fsync");
  if (!out.close()) return file_error(file, "close");
  return {};
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

int Descriptor::release() { return std::exchange(number_, -1); }

bool Descriptor::close() { return ::close(release()) == 0 || errno == EINTR; }

Error file_error(const std::filesystem::path& file, std::string_view what) {
  const int number = errno;
  const errc kind = number == ENOENT                                           ? errc::not_found
                    : number == EACCES || number == EPERM || number == EROFS   ? errc::denied
                    : number == ENOSPC || number == EDQUOT || number == EMFILE ? errc::exhausted
                                                                               : errc::internal;
  Error error(kind, file.string() + ": " + std::string(what) + ": " + std::strerror(number), "file.failed");
  error.retryable = kind == errc::exhausted || number == EIO || number == EINTR;
  return error;
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max, Links links) {
  const int flags = O_RDONLY | O_CLOEXEC | (links == Links::refuse ? O_NOFOLLOW : 0);
  const Descriptor in(uninterrupted([&] { return ::open(file.c_str(), flags); }));
  if (!in.is_open()) return file_error(file, "open");
  return read_rest(in, file, bytes_max);
}

Result<std::string> read_rest(const Descriptor& from, const std::filesystem::path& file, std::size_t bytes_max) {
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t got = uninterrupted([&] { return ::read(from.get(), chunk, sizeof chunk); });
    if (got < 0) return file_error(file, "read");
    if (got == 0) return text;
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > bytes_max)
      return Error(errc::invalid, file.string() + ": longer than " + std::to_string(bytes_max) + " bytes",
                   "file.too-long");
  }
}

Result<void> replace_file(const std::filesystem::path& file, std::string_view text, bool* replaced) {
  const std::filesystem::path beside = file.string() + ".new";
  Descriptor out(uninterrupted(
      [&] { return ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!out.is_open()) return file_error(beside, "open");
  Result<void> done = write_durably(out, beside, text);
  if (done && ::rename(beside.c_str(), file.c_str()) != 0) done = file_error(file, "rename");
  if (!done) {  // it may take the room that others need
    ::unlink(beside.c_str());
    return done;
  }
  if (replaced) *replaced = true;
  // The rename is durable only after a sync of the folder.
  const Descriptor folder(
      uninterrupted([&] { return ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!folder.is_open() || uninterrupted([&] { return ::fsync(folder.get()); }) != 0)
    return file_error(file.parent_path(), "fsync");
  return {};
}

}  // namespace stoker::host
