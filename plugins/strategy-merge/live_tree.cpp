// LiveTree over openat2 and renameat2. Where the kernel has no openat2 the path is walked one component at a time.
#include "live_tree.hpp"

#include "digest.hpp"
#include "meaning.hpp"
#include "paths.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

namespace stoker::merge {
namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;

Identity identity_of(const struct stat& st) {
  constexpr std::int64_t second = 1'000'000'000;
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size), st.st_mtim.tv_sec * second + st.st_mtim.tv_nsec,
          st.st_ctim.tv_sec * second + st.st_ctim.tv_nsec};
}

Look look_of(const struct stat& st) {
  Look look;
  look.kind = S_ISREG(st.st_mode)   ? Kind::file
              : S_ISDIR(st.st_mode) ? Kind::folder
              : S_ISLNK(st.st_mode) ? Kind::link
                                    : Kind::other;
  look.identity = identity_of(st);
  look.mode = st.st_mode & 07777;
  look.uid = st.st_uid;
  look.gid = st.st_gid;
  return look;
}

// Repeats the call while a signal interrupts it (EINTR).
template <class Call>
auto uninterrupted(Call&& call) {
  for (;;) {
    const auto answer = call();
    if (answer >= 0 || errno != EINTR) return answer;
  }
}

int sync(int fd) {
  return uninterrupted([&] { return fsync(fd); });
}

// Resolves a path as openat2 does in the kernel; for kernels before 5.6.
int walk(int root, const std::string& path, int flags) {
  struct stat at_root {};
  if (fstat(root, &at_root) != 0) return -1;
  Fd at(dup(root));
  const auto parts = parts_of(path);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    const int how = last ? flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW;
    Fd next(uninterrupted([&] { return openat(at.get(), std::string(parts[i]).c_str(), how | O_CLOEXEC, 0600); }));
    struct stat st {};
    if (next.get() < 0 || fstat(next.get(), &st) != 0) return -1;
    if (S_ISDIR(st.st_mode) && st.st_dev != at_root.st_dev) {
      errno = EXDEV;
      return -1;
    }
    at = std::move(next);
  }
  return parts.empty() ? openat(root, ".", flags | O_CLOEXEC) : dup(at.get());
}

int open_beneath(int root, const std::string& path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  if (flags & O_CREAT) how.mode = 0600;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  const std::string name = path.empty() ? "." : path;
  for (int tries = 0;; ++tries) {
    const long fd = syscall(SYS_openat2, root, name.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno == ENOSYS) return walk(root, path, flags);
    if (errno != EINTR && (errno != EAGAIN || tries == 100))
      return -1;  // EAGAIN: a rename happened during the resolution
  }
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

int Fd::close() {
  const int fd = std::exchange(fd_, -1);
  return fd >= 0 && ::close(fd) != 0 && errno != EINTR ? errno : 0;
}

Error failed(int number, std::string_view what, std::string_view path) {
  const std::string where = std::string(what) + " '" + sayable(path) + "': ";
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Error(errc::exhausted, where + std::strerror(number), "merge.no-space");
    case EMFILE:
    case ENFILE:
    case ENOMEM: return Error(errc::exhausted, where + std::strerror(number), "merge.no-resources");
    case EACCES:
    case EPERM:
    case EROFS: return Error(errc::denied, where + std::strerror(number), "merge.denied");
    case EXDEV:
      return Error(errc::denied,
                   where +
                       "it lies on another mount than the data root, and Stoker changes files by rename, which needs "
                       "one file system; mount one volume as the whole data directory, with no mount at or below the "
                       "destination of a mapping",
                   "merge.other-mount");
    case ELOOP:
      return Error(errc::denied, where + "a folder of the path is a symbolic link; links are never followed",
                   "merge.link");
    case ENOTDIR: return Error(errc::denied, where + "a folder of the path is a file", "merge.file-in-the-way");
    case ENAMETOOLONG: return Error(errc::invalid, where + std::strerror(number), "merge.bad-path");
    case ENOENT: return Error(errc::not_found, where + std::strerror(number));
    case EEXIST: return Error(errc::conflict, where + std::strerror(number));
    default: return Error(errc::internal, where + std::strerror(number), "merge.io").with_retry(true);
  }
}

Result<int> LiveTree::root_fd() {
  if (root_fd_.get() < 0) {
    root_fd_ = Fd(uninterrupted([&] { return ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
    if (root_fd_.get() < 0) return failed(errno, "data root", root_);
  }
  return root_fd_.get();
}

Result<Fd> LiveTree::open(std::string_view path, int flags) {
  auto root = root_fd();
  if (!root) return std::move(root).error();
  Fd fd(open_beneath(*root, std::string(path), flags));
  if (fd.get() < 0) return failed(errno, "open", path);
  return fd;
}

Result<LiveTree::Parent> LiveTree::parent_of(std::string_view path) {
  auto root = root_fd();
  if (!root) return std::move(root).error();
  Parent parent{Fd(open_beneath(*root, std::string(folder_of(path)), O_PATH | O_DIRECTORY)), 0};
  if (parent.folder.get() < 0) parent.number = errno;
  return parent;
}

Result<Look> LiveTree::look(const Parent& parent, std::string_view path) {
  Look look;
  if (parent.number != 0) {
    look.blocked = parent.number == ENOTDIR;
    if (parent.number == ENOENT || parent.number == ENOTDIR) return look;
    return failed(parent.number, "look at", path);
  }
  struct stat st {};
  const std::string name(path.empty() ? "." : name_of(path));
  if (fstatat(parent.folder.get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0) return look_of(st);
  if (errno == ENOENT) return look;
  return failed(errno, "look at", path);
}

Result<Look> LiveTree::look(std::string_view path) {
  auto parent = parent_of(path);
  return parent ? look(*parent, path) : Result<Look>(std::move(parent).error());
}

Result<Look> Looks::at(std::string_view path) {
  if (!parent_ || folder_of(path) != folder_) {
    auto parent = live_.parent_of(path);
    if (!parent) return std::move(parent).error();
    parent_ = std::move(parent).value();
    folder_ = folder_of(path);
  }
  return live_.look(*parent_, path);
}

namespace {

// Of an open file or folder, without following anything.
bool is_marked_immutable(int fd) {
  struct statx st {};
  const bool known = statx(fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) == 0;
  return known && (st.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
}

}  // namespace

Result<Access> LiveTree::access(std::string_view folder) {
  auto fd = open(folder, O_PATH | O_DIRECTORY);
  if (!fd) return std::move(fd).error();
  if (is_marked_immutable(fd->get())) return Access::immutable;
  if (faccessat(fd->get(), ".", W_OK | X_OK, AT_EACCESS) == 0) return Access::granted;
  if (errno == EROFS) return Access::read_only;
  if (errno == EACCES || errno == EPERM) return Access::refused;
  return failed(errno, "look at", folder);
}

Result<bool> LiveTree::is_immutable(std::string_view path) {
  auto file = open(path, O_PATH | O_NOFOLLOW);
  if (!file && file.error() == errc::not_found) return false;
  if (!file) return std::move(file).error();
  return is_marked_immutable(file->get());
}

Result<Content> LiveTree::read(std::string_view path, std::string_view as, Ids ids) {
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::move(file).error();
  struct stat st {};
  if (fstat(file->get(), &st) != 0) return failed(errno, "stat", path);
  Content content;
  content.look = look_of(st);
  if (content.look.kind != Kind::file) return Error(errc::invalid, "'" + std::string(path) + "' is not a regular file");
  Digest digest = Digest::sha256();
  auto blob = ids == Ids::and_git ? std::optional(Digest::git_blob(content.look.identity.bytes)) : std::nullopt;
  const bool resource = is_resource(as.empty() ? path : as) && content.look.identity.bytes <= resource_bytes_max;
  std::string kept;
  // Most files are small, so a full chunk is neither allocated nor cleared for them.
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(content.look.identity.bytes + 1, chunk_bytes));
  const auto buffer = std::make_unique_for_overwrite<char[]>(size);
  for (;;) {
    const ssize_t got = ::read(file->get(), buffer.get(), size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno, "read", path);
    if (got == 0) break;
    const std::string_view bytes(buffer.get(), static_cast<std::size_t>(got));
    digest.update(bytes);
    if (blob) blob->update(bytes);
    if (resource) kept += bytes;
  }
  content.digest = content.meaning = digest.hex();
  if (blob) content.blob = blob->hex();
  if (const auto read = resource ? read_resource(kept) : std::nullopt) {
    content.meaning = read->meaning;
    content.actor = read->actor;
  }
  return content;
}

Result<std::string> LiveTree::text(std::string_view path, std::uint64_t bytes_max) {
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::move(file).error();
  struct stat st {};
  if (fstat(file->get(), &st) != 0) return failed(errno, "stat", path);
  if (!S_ISREG(st.st_mode) || static_cast<std::uint64_t>(st.st_size) > bytes_max)
    return Error(errc::not_found, "'" + std::string(path) + "' is too long or not a regular file");
  std::string text(static_cast<std::size_t>(st.st_size), '\0');
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t got = ::read(file->get(), text.data() + at, text.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno, "read", path);
    if (got == 0) {
      text.resize(at);
      break;
    }
    at += static_cast<std::size_t>(got);
  }
  return text;
}

Result<std::vector<Entry>> LiveTree::list(std::string_view folder) {
  std::vector<Entry> entries;
  auto fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd && fd.error() == errc::not_found) return entries;
  if (!fd) return std::move(fd).error();
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(dup(fd->get())), &closedir);
  if (!stream) return failed(errno, "list", folder);
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(stream.get());
    if (!entry) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st {};
    if (fstatat(fd->get(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) continue;
      return failed(errno, "look at", join(folder, name));
    }
    entries.push_back({name, look_of(st).kind});
  }
  if (errno != 0) return failed(errno, "list", folder);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

Result<std::uint64_t> LiveTree::free_bytes() {
  auto root = open("", O_RDONLY | O_DIRECTORY);
  if (!root) return std::move(root).error();
  struct statvfs space {};
  if (uninterrupted([&] { return fstatvfs(root->get(), &space); }) != 0) return failed(errno, "space of", root_);
  return static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
}

Result<Fd> LiveTree::create(std::string_view path) {
  if (auto gone = remove_file(path); !gone && !(gone.error() == errc::not_found)) return std::move(gone).error();
  return open(path, O_WRONLY | O_CREAT | O_EXCL);
}

Result<void> LiveTree::own(const Fd& file, std::string_view path, std::uint32_t uid, std::uint32_t gid,
                           std::uint32_t mode) {
  // A process that may not change the owner keeps the file and changes only the group, if that is allowed.
  if (fchown(file.get(), uid, gid) != 0 && fchown(file.get(), static_cast<uid_t>(-1), gid) != 0 && errno != EPERM)
    return failed(errno, "chown", path);
  if (fchmod(file.get(), mode) != 0) return failed(errno, "chmod", path);
  return {};
}

Result<void> LiveTree::make_folders(std::string_view folder, std::string_view aside) {
  if (folder.empty()) return {};
  auto there = look(folder);
  if (!there) return std::move(there).error();
  if (there->kind == Kind::folder) return {};
  if (there->kind != Kind::absent) return failed(there->kind == Kind::link ? ELOOP : ENOTDIR, "make folder", folder);
  if (auto above = make_folders(folder_of(folder), aside); !above) return above;
  auto like = look(folder_of(folder));
  if (!like) return std::move(like).error();
  return make_folder(folder, like->mode, like->uid, like->gid, aside.empty() ? folder : aside);
}

// The folder is made at another place and then moved. So a folder in its place always has its owner and mode, even when
// this process dies at any point.
Result<void> LiveTree::make_folder(std::string_view folder, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid,
                                   std::string_view aside) {
  if (auto left = remove_folder(aside); !left) return std::move(left).error();
  auto out = open(folder_of(aside), O_PATH | O_DIRECTORY);
  if (!out) return std::move(out).error();
  const std::string made(name_of(aside)), name(name_of(folder));
  if (mkdirat(out->get(), made.c_str(), 0700) != 0) return failed(errno, "make folder", folder);
  auto file = open(aside, O_RDONLY | O_DIRECTORY);
  if (!file) return std::move(file).error();
  if (auto owned = own(*file, folder, uid, gid, mode); !owned || aside == folder) return owned;
  auto in = open(folder_of(folder), O_PATH | O_DIRECTORY);
  if (!in) return std::move(in).error();
  if (renameat(out->get(), made.c_str(), in->get(), name.c_str()) == 0) return {};
  if (errno != ENOTEMPTY && errno != EEXIST) return failed(errno, "make folder", folder);
  auto gone = remove_folder(aside);  // somebody else made the folder in the meantime
  return gone ? Result<void>() : std::move(gone).error();
}

Result<bool> LiveTree::remove_folder(std::string_view folder) {
  auto parent = open(folder_of(folder), O_PATH | O_DIRECTORY);
  const bool nowhere = !parent && (parent.error() == errc::not_found || parent.error().code == "merge.file-in-the-way");
  if (nowhere) return false;
  if (!parent) return std::move(parent).error();
  if (unlinkat(parent->get(), std::string(name_of(folder)).c_str(), AT_REMOVEDIR) == 0) return true;
  if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOENT || errno == ENOTDIR) return false;
  return failed(errno, "remove folder", folder);
}

Result<void> LiveTree::remove_file(std::string_view path) {
  auto parent = open(folder_of(path), O_PATH | O_DIRECTORY);
  if (!parent) return std::move(parent).error();
  if (unlinkat(parent->get(), std::string(name_of(path)).c_str(), 0) != 0) return failed(errno, "remove", path);
  return {};
}

Result<void> LiveTree::remove_all(std::string_view folder) {
  auto entries = list(folder);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    const std::string path = join(folder, entry.name);
    auto gone = entry.kind == Kind::folder ? remove_all(path) : remove_file(path);
    if (!gone) return gone;
  }
  if (auto gone = remove_folder(folder); !gone) return std::move(gone).error();
  return {};
}

Result<void> LiveTree::chmod(std::string_view path, std::uint32_t mode) {
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::move(file).error();
  if (fchmod(file->get(), mode) != 0) return failed(errno, "chmod", path);
  if (sync(file->get()) != 0) return failed(errno, "sync", path);
  return {};
}

Result<void> LiveTree::touch(std::string_view path) {
  auto folder = open(folder_of(path), O_PATH | O_DIRECTORY);
  if (!folder) return std::move(folder).error();
  const std::string name(name_of(path));
  if (utimensat(folder->get(), name.c_str(), nullptr, AT_SYMLINK_NOFOLLOW) == 0) return {};
  return failed(errno, "set the time of", path);
}

Result<void> LiveTree::exchange(std::string_view from, std::string_view to) {
  auto out = open(folder_of(from), O_PATH | O_DIRECTORY);
  if (!out) return std::move(out).error();
  auto in = open(folder_of(to), O_PATH | O_DIRECTORY);
  if (!in) return std::move(in).error();
  const std::string one(name_of(from)), other(name_of(to)), aside = one + ".was";
  if (renameat2(out->get(), one.c_str(), in->get(), other.c_str(), RENAME_EXCHANGE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return failed(errno, "exchange", to);
  // Gives the old file a second name and then renames the new one over it. So `to` exists at every moment, and recovery
  // can continue from each state in between.
  if (unlinkat(out->get(), aside.c_str(), 0) != 0 && errno != ENOENT) return failed(errno, "remove", from);
  if (linkat(in->get(), other.c_str(), out->get(), aside.c_str(), 0) != 0) return failed(errno, "keep", to);
  if (renameat(out->get(), one.c_str(), in->get(), other.c_str()) != 0) return failed(errno, "replace", to);
  if (renameat(out->get(), aside.c_str(), out->get(), one.c_str()) != 0) return failed(errno, "keep", to);
  return {};
}

Result<void> LiveTree::move(std::string_view from, std::string_view to) {
  auto out = open(folder_of(from), O_PATH | O_DIRECTORY);
  if (!out) return std::move(out).error();
  auto in = open(folder_of(to), O_PATH | O_DIRECTORY);
  if (!in) return std::move(in).error();
  const std::string one(name_of(from)), other(name_of(to));
  if (renameat2(out->get(), one.c_str(), in->get(), other.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return failed(errno, "move to", to);
  if (linkat(out->get(), one.c_str(), in->get(), other.c_str(), 0) != 0) return failed(errno, "move to", to);
  if (unlinkat(out->get(), one.c_str(), 0) != 0) return failed(errno, "move from", from);
  return {};
}

Result<void> LiveTree::own(std::string_view path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode) {
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::move(file).error();
  if (auto owned = own(*file, path, uid, gid, mode); !owned) return owned;
  if (fsync(file->get()) != 0) return failed(errno, "sync", path);
  return {};
}

Result<void> LiveTree::sync_file(std::string_view path) {
  auto file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return std::move(file).error();
  if (sync(file->get()) != 0) return failed(errno, "sync", path);
  return {};
}

Result<void> LiveTree::sync_folder(std::string_view folder) {
  auto fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd && fd.error() == errc::not_found) return {};
  if (!fd) return std::move(fd).error();
  if (sync(fd->get()) != 0 && errno != EINVAL) return failed(errno, "sync folder", folder);
  return {};
}

}  // namespace stoker::merge
