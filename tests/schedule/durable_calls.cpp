// Definitions that come before those of the C library for this program and all that it loads.
#include "durable_calls.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <optional>

namespace stoker::schedule {
namespace {

std::atomic<Watch*> watching{nullptr};
std::string watched_folder;  // NOLINT: with "/" at its end; set before `watching`
thread_local int unwatched = 0;

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Below the watched folder, from there; nothing when nobody watches it.
std::optional<std::string> watched(std::string_view path) {
  if (!path.starts_with(watched_folder)) return std::nullopt;
  return std::string(path.substr(watched_folder.size()));
}

bool on() { return unwatched == 0 && watching.load(std::memory_order_acquire) != nullptr; }

std::optional<std::string> watched(int descriptor, const char* name = nullptr) {
  char link[32], path[512];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = ::readlink(link, path, sizeof path);
  if (size <= 0) return std::nullopt;
  std::string whole(path, static_cast<std::size_t>(size));
  if (name) whole += '/' + std::string(name);
  return watched(whole);
}

// Shows the call to the watch and makes it, or fails it.
template <class Call>
auto shown(DurableCall::Does does, std::optional<std::string> path, std::optional<std::string> other, Call&& call)
    -> decltype(call()) {
  if (!path) return call();
  const DurableCall shown{does, std::move(*path), other.value_or("")};
  ++unwatched;
  const int refused = watching.load()->before(shown);
  --unwatched;
  if (refused != 0) {
    errno = refused;
    return -1;
  }
  const auto answer = call();
  if (answer < 0) return answer;
  const int kept = errno;
  ++unwatched;
  watching.load()->after(shown);
  --unwatched;
  errno = kept;
  return answer;
}

template <class Call>
auto shown(DurableCall::Does does, int descriptor, Call&& call) -> decltype(call()) {
  return shown(does, watched(descriptor), std::nullopt, call);
}

template <class Call>
int opened(const char* path, int flags, Call&& call) {
  const bool changes = (flags & O_TRUNC) != 0 || ((flags & O_CREAT) != 0 && ::access(path, F_OK) != 0);
  if (!changes || !on()) return call();
  return shown(DurableCall::Does::make, watched(path), std::nullopt, call);
}

}  // namespace

void watch(Watch* watch, const std::filesystem::path& folder) {
  watching.store(nullptr);
  watched_folder = folder.string() + '/';
  watching.store(watch, std::memory_order_release);
}

Unwatched::Unwatched() { ++unwatched; }
Unwatched::~Unwatched() { --unwatched; }

}  // namespace stoker::schedule

using stoker::schedule::on;
using stoker::schedule::opened;
using stoker::schedule::real;
using stoker::schedule::shown;
using stoker::schedule::watched;
using Does = stoker::schedule::DurableCall::Does;

extern "C" {

int open(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, ...)>("open");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return opened(path, flags, [&] { return next(path, flags, mode); });
}

int open64(const char* path, int flags, ...) {
  static auto* const next = real<int(const char*, int, ...)>("open64");
  std::va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return opened(path, flags, [&] { return next(path, flags, mode); });
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  static auto* const next = real<ssize_t(int, const void*, size_t)>("write");
  if (!on()) return next(descriptor, bytes, count);
  return shown(Does::write, descriptor, [&] { return next(descriptor, bytes, count); });
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  if (!on()) return next(descriptor, bytes, count, at);
  return shown(Does::write, descriptor, [&] { return next(descriptor, bytes, count, at); });
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
  static auto* const next = real<ssize_t(int, const void*, size_t, off64_t)>("pwrite64");
  if (!on()) return next(descriptor, bytes, count, at);
  return shown(Does::write, descriptor, [&] { return next(descriptor, bytes, count, at); });
}

int ftruncate(int descriptor, off_t size) noexcept {
  static auto* const next = real<int(int, off_t)>("ftruncate");
  if (!on()) return next(descriptor, size);
  return shown(Does::write, descriptor, [&] { return next(descriptor, size); });
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  static auto* const next = real<int(int, off64_t)>("ftruncate64");
  if (!on()) return next(descriptor, size);
  return shown(Does::write, descriptor, [&] { return next(descriptor, size); });
}

int fsync(int descriptor) {
  static auto* const next = real<int(int)>("fsync");
  if (!on()) return next(descriptor);
  return shown(Does::sync, descriptor, [] { return 0; });  // nobody pulls this machine's plug
}

int fdatasync(int descriptor) {
  static auto* const next = real<int(int)>("fdatasync");
  if (!on()) return next(descriptor);
  return shown(Does::sync, descriptor, [] { return 0; });
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = real<int(const char*, const char*)>("rename");
  if (!on()) return next(from, to);
  return shown(Does::move, watched(to), watched(from), [&] { return next(from, to); });
}

int renameat(int out, const char* from, int in, const char* to) noexcept {
  static auto* const next = real<int(int, const char*, int, const char*)>("renameat");
  if (!on()) return next(out, from, in, to);
  return shown(Does::move, watched(in, to), watched(out, from), [&] { return next(out, from, in, to); });
}

int renameat2(int out, const char* from, int in, const char* to, unsigned flags) noexcept {
  static auto* const next = real<int(int, const char*, int, const char*, unsigned)>("renameat2");
  if (!on()) return next(out, from, in, to, flags);
  return shown(Does::move, watched(in, to), watched(out, from), [&] { return next(out, from, in, to, flags); });
}

int linkat(int out, const char* from, int in, const char* to, int flags) noexcept {
  static auto* const next = real<int(int, const char*, int, const char*, int)>("linkat");
  if (!on()) return next(out, from, in, to, flags);
  return shown(Does::make, watched(in, to), watched(out, from), [&] { return next(out, from, in, to, flags); });
}

int unlink(const char* path) noexcept {
  static auto* const next = real<int(const char*)>("unlink");
  if (!on()) return next(path);
  return shown(Does::remove, watched(path), std::nullopt, [&] { return next(path); });
}

int unlinkat(int folder, const char* name, int flags) noexcept {
  static auto* const next = real<int(int, const char*, int)>("unlinkat");
  if (!on()) return next(folder, name, flags);
  return shown(Does::remove, watched(folder, name), std::nullopt, [&] { return next(folder, name, flags); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static auto* const next = real<int(const char*, mode_t)>("mkdir");
  if (!on()) return next(path, mode);
  return shown(Does::make, watched(path), std::nullopt, [&] { return next(path, mode); });
}

int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  static auto* const next = real<int(int, const char*, mode_t)>("mkdirat");
  if (!on()) return next(folder, name, mode);
  return shown(Does::make, watched(folder, name), std::nullopt, [&] { return next(folder, name, mode); });
}

int fchmod(int descriptor, mode_t mode) noexcept {
  static auto* const next = real<int(int, mode_t)>("fchmod");
  if (!on()) return next(descriptor, mode);
  return shown(Does::mode, descriptor, [&] { return next(descriptor, mode); });
}

// Only openat2 is of interest: the plugin opens files for writing by it.
long syscall(long number, ...) noexcept {
  static auto* const next = real<long(long, ...)>("syscall");
  std::va_list more;
  va_start(more, number);
  long a[6];
  for (long& one : a) one = va_arg(more, long);
  va_end(more);
  const auto call = [&] { return next(number, a[0], a[1], a[2], a[3], a[4], a[5]); };
  if (number != SYS_openat2 || !on()) return call();
  const auto* how = reinterpret_cast<const open_how*>(a[2]);
  if ((how->flags & (O_CREAT | O_TRUNC)) == 0) return call();
  return shown(Does::make, watched(static_cast<int>(a[0]), reinterpret_cast<const char*>(a[1])), std::nullopt, call);
}

}  // extern "C"
