#include "large_files.hpp"

#include "content_hash.hpp"
#include "lfs_server.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

namespace stoker::git {
namespace fs = std::filesystem;
namespace {

constexpr auto lock_look = std::chrono::milliseconds(20);
constexpr std::size_t portion = 64 * 1024;
constexpr std::uint64_t file_costs =
    4096;  // counted for each file in addition to its bytes, so that the number of files is bounded too
constexpr std::string_view incoming_name = "incoming";
static_assert(portion <= STOKER_CHUNK_BYTES_MAX);

Error state_failure(const fs::path& path) {
  return Error(errc::exhausted, path.string() + ": " + std::strerror(errno), "git.state-not-writable");
}

Error damaged(std::string_view what) {
  return Error(errc::conflict, "what came is not the content that the pointer names: " + std::string(what),
               "git.lfs-damaged");
}

std::string digest(std::string_view url) {
  Sha256 hash;
  hash.add(url);
  return hash.hex();
}

}  // namespace

// An open file. It stays readable when it is removed from the folder.
class LargeFiles::Opened {
 public:
  explicit Opened(int file = -1) : file_(file) {}
  Opened(Opened&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  Opened& operator=(Opened&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~Opened() {
    if (file_ >= 0) ::close(file_);
  }
  // Opens a regular file; fails for a link.
  static Opened at(const fs::path& path) {
    Opened opened(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
    struct stat is {};
    if (opened && (::fstat(opened.file_, &is) != 0 || !S_ISREG(is.st_mode))) return Opened();
    return opened;
  }
  explicit operator bool() const { return file_ >= 0; }
  int number() const { return file_; }

  // Reads the whole file, computes its hash, and writes it to `out` if given. False: it is not the content that the
  // pointer names.
  Result<bool> pass(const Bound& bound, const Pointer& pointer, const Bytes* out) const {
    std::string bytes(portion, '\0');
    Sha256 hash;
    std::uint64_t at = 0;
    for (;;) {
      if (auto may = bound.check(); !may) return std::move(may).error();
      const ssize_t got = ::pread(file_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      const std::string_view part(bytes.data(), static_cast<std::size_t>(got));
      at += part.size();
      if (at > pointer.bytes) return false;
      hash.add(part);
      if (auto put = out ? out->put(part) : Result<void>(); !put) return std::move(put).error();
    }
    return at == pointer.bytes && hash.hex() == pointer.oid;
  }

 private:
  int file_;
};

// The file that is being fetched. There is one such file, and its lock is the lock for changing the folder, among
// threads and processes. The kernel releases the lock when its owner dies; the next owner overwrites the file.
class LargeFiles::Incoming {
 public:
  static Result<Incoming> take(const fs::path& folder, const Bound& bound) {
    std::error_code bad;
    fs::create_directories(folder, bad);
    Incoming incoming(folder / incoming_name);
    for (;;) {
      const auto type = fs::symlink_status(incoming.path_, bad).type();
      if (type != fs::file_type::regular && type != fs::file_type::not_found) fs::remove_all(incoming.path_, bad);
      Opened file(::open(incoming.path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600));
      if (!file) return state_failure(incoming.path_);
      if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0 && is_still(file.number(), incoming.path_)) {
        if (::ftruncate(file.number(), 0) != 0) return state_failure(incoming.path_);
        incoming.file_ = std::move(file);
        return incoming;
      }
      if (auto may = bound.check(); !may) return std::move(may).error().in("waiting for another file that is fetched");
      std::this_thread::sleep_for(lock_look);
    }
  }
  Incoming(Incoming&&) = default;
  ~Incoming() {
    if (file_) ::unlink(path_.c_str());  // before the lock is released
  }

  Result<void> receive(HttpBody& body, const Pointer& pointer) {
    std::string bytes(portion, '\0');
    Sha256 hash;
    std::uint64_t total = 0;
    for (;;) {
      auto got = body.read(bytes.data(), bytes.size());
      if (!got) return std::move(got).error();
      if (*got == 0) break;
      const std::string_view part(bytes.data(), *got);
      total += part.size();
      if (total > pointer.bytes) return damaged("it is longer");
      hash.add(part);
      if (!write(part)) return state_failure(path_);
    }
    if (total < pointer.bytes) return damaged("it is shorter");
    if (hash.hex() != pointer.oid) return damaged("its SHA-256 is another one");
    return {};
  }
  // Moves the file to its final name.
  Result<Opened> kept_as(const std::string& name) {
    const fs::path place = path_.parent_path() / name;
    std::error_code bad;
    if (fs::symlink_status(place, bad).type() == fs::file_type::directory) fs::remove_all(place, bad);
    if (::rename(path_.c_str(), place.c_str()) != 0) return state_failure(place);
    return std::exchange(file_, Opened());
  }

 private:
  explicit Incoming(fs::path path) : path_(std::move(path)) {}
  static bool is_still(int file, const fs::path& path) {
    struct stat mine {
    }, there{};
    return ::fstat(file, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 && S_ISREG(mine.st_mode) &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::write(file_.number(), bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }
  fs::path path_;
  Opened file_;
};

LargeFiles::LargeFiles(const fs::path& home, const Address& address, const Access& access, const Rights& rights,
                       Quiet& quiet, Limits limits, const Host& host)
    // The folder is named by the URL, so that a user of one repository cannot read a file of another by naming its
    // hash.
    : folder_(home / digest(address.url)),
      address_(address),
      access_(access),
      rights_(rights),
      quiet_(quiet),
      limits_(limits),
      host_(host) {}

Result<void> LargeFiles::read(Call& call, const Pointer& pointer, const Bytes& out) {
  auto delivered = deliver(Bound(call, limits_.fetch), pointer, out);
  if (!delivered) return std::move(delivered).error().in("git: " + address_.url + ": Git LFS");
  return {};
}

Result<void> LargeFiles::deliver(const Bound& bound, const Pointer& pointer, const Bytes& out) const {
  if (pointer.bytes > limits_.file_bytes_max)
    return Error(errc::exhausted,
                 "the content has " + std::to_string(pointer.bytes) + " bytes, more than settings.fileBytesMax",
                 "git.file-too-large");
  auto file = address_.local() ? beside(bound, pointer) : here(bound, pointer);
  if (file && !*file) file = fetched(bound, pointer);
  if (!file) return std::move(file).error();
  auto whole = file->pass(bound, pointer, &out);
  if (!whole) return std::move(whole).error();
  if (*whole) return {};
  std::error_code bad;
  if (!address_.local()) fs::remove(folder_ / pointer.oid, bad);
  return damaged("it changed while it was read");
}

// The stored file, if its content is correct. A wrong one is removed.
Result<LargeFiles::Opened> LargeFiles::here(const Bound& bound, const Pointer& pointer) const {
  const fs::path path = folder_ / pointer.oid;
  std::error_code bad;
  if (fs::symlink_status(path, bad).type() == fs::file_type::not_found) return Opened();
  Opened file = Opened::at(path);
  if (file) {
    auto whole = file.pass(bound, pointer, nullptr);
    if (!whole) return std::move(whole).error();
    if (*whole) {
      ::futimens(file.number(), nullptr);  // marks it as used now
      return file;
    }
  }
  fs::remove_all(path, bad);
  return Opened();
}

// For a repository that is a folder of this machine: the content is read from there.
Result<LargeFiles::Opened> LargeFiles::beside(const Bound& bound, const Pointer& pointer) const {
  const std::string name =
      "lfs/objects/" + pointer.oid.substr(0, 2) + "/" + pointer.oid.substr(2, 2) + "/" + pointer.oid;
  for (const char* inside : {"", ".git"}) {
    Opened file = Opened::at(fs::path(folder_of(address_)) / inside / name);
    if (!file) continue;
    auto whole = file.pass(bound, pointer, nullptr);
    if (!whole) return std::move(whole).error();
    if (*whole) return file;
    return damaged("the file beside the repository is another one");
  }
  return Error(errc::not_found, "the repository's folder does not have this file's content; git lfs fetch --all there",
               "git.lfs-object-missing");
}

Result<LargeFiles::Opened> LargeFiles::fetched(const Bound& bound, const Pointer& pointer) const {
  if (pointer.bytes + file_costs > limits_.cache_bytes_max)
    return Error(errc::exhausted,
                 "the content has " + std::to_string(pointer.bytes) + " bytes, more than settings.cacheBytesMax leaves",
                 "git.cache-full");
  auto incoming = Incoming::take(folder_, bound);
  if (!incoming) return std::move(incoming).error();
  auto file = here(bound, pointer);  // the owner of the lock before may have fetched the same file
  if (!file || *file) return file;
  make_room(pointer.bytes);
  auto body = LfsServer(address_, access_, rights_, quiet_, host_).open(bound, pointer);
  if (!body) return std::move(body).error();
  if (auto received = incoming->receive(**body, pointer); !received) return std::move(received).error();
  return incoming->kept_as(pointer.oid);
}

void LargeFiles::make_room(std::uint64_t bytes) const {
  struct Kept {
    fs::file_time_type used;
    std::uint64_t bytes;
    fs::path path;
  };
  std::vector<Kept> all;
  std::error_code bad;
  std::uint64_t sum = bytes + file_costs;
  for (fs::directory_iterator at(folder_, bad), end; !bad && at != end; at.increment(bad)) {
    std::error_code gone;
    const std::uint64_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (gone || at->path().filename() == incoming_name) continue;
    all.push_back({at->last_write_time(gone), size + file_costs, at->path()});
    sum += all.back().bytes;
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& kept : all) {
    if (sum <= limits_.cache_bytes_max) return;
    fs::remove_all(kept.path, bad);
    sum -= kept.bytes;
  }
}

}  // namespace stoker::git
