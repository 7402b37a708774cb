#include "host/run/target_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace stoker::host {
namespace {

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line.substr(0, 200);
}

std::string owner_text() {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  return "pid " + std::to_string(::getpid()) + " boot " + first_line("/proc/sys/kernel/random/boot_id") + " host " +
         host + "\n";
}

// The kernel gives the lock back when the process ends, however it ends. The text in the file is for people, and for
// the message to a second process.
Result<Descriptor> own(const std::filesystem::path& file) {
  Descriptor lock(uninterrupted([&] { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644); }));
  if (!lock.is_open()) return file_error(file, "open");
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock.get(), F_OFD_SETLK, &whole) != 0)
    return Error(errc::conflict,
                 file.string() + ": another process owns this target: " + first_line(file) +
                     "; let that one do the work, or stop it first",
                 "memory.owner");
  const std::string text = owner_text();
  const bool named = uninterrupted([&] { return ::ftruncate(lock.get(), 0); }) == 0 &&
                     uninterrupted([&] { return ::pwrite(lock.get(), text.data(), text.size(), 0); }) >= 0;
  if (!named) return file_error(file, "write");
  return lock;
}

}  // namespace

Result<std::optional<std::string>> owner_of(const std::filesystem::path& data) {
  const std::filesystem::path file = data / state_folder / "lock";
  const Descriptor lock(uninterrupted([&] { return ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW); }));
  if (!lock.is_open() && (errno == ENOENT || errno == ENOTDIR)) return std::optional<std::string>();
  if (!lock.is_open()) return file_error(file, "open");
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (::fcntl(lock.get(), F_OFD_GETLK, &whole) != 0) return file_error(file, "look at the lock of");
  if (whole.l_type == F_UNLCK) return std::optional<std::string>();
  return std::optional(first_line(file));
}

Result<void> TargetMemory::PlaceCheck::operator()() const {
  struct stat now {};
  const bool there = ::stat(file.c_str(), &now) == 0;
  if (!there && errno != ENOENT && errno != ENOTDIR) return file_error(file, "look at");
  if (there && now.st_dev == device && now.st_ino == inode) return {};
  return Error(errc::not_found,
               "data folder " + file.parent_path().parent_path().string() +
                   (there ? ": another folder is in the place of the one that was opened"
                          : ": it is not the folder that was opened, or Stoker's folder in it is gone") +
                   "; put that one back, or restart Stoker",
               "target.replaced");
}

Result<TargetMemory> TargetMemory::open(const std::filesystem::path& data) {
  const std::filesystem::path folder = data / state_folder;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return file_error(folder, "mkdir");
  auto lock = own(folder / "lock");
  if (!lock) return std::move(lock).error();
  TargetMemory memory(folder, std::move(lock).value());
  struct stat opened {};
  if (::fstat(memory.lock_.get(), &opened) != 0) return file_error(folder / "lock", "look at");
  memory.device_ = opened.st_dev;
  memory.inode_ = opened.st_ino;

  auto text = read_file(folder / "target.json", bytes_max);
  if (!text && text.error() != errc::not_found) return std::move(text).error();
  if (text) {
    auto read = memory_from_json(*text);
    if (!read) return std::move(read).error().in((folder / "target.json").string());
    memory.memory_ = std::move(read).value();
  }
  text = read_file(folder / "assignment.json", bytes_max);
  if (text) {
    auto read = assignment_from_json(*text);
    // A damaged one counts as none: the next look at the source gives a new one. A newer one is refused, because the
    // first Run would write over it.
    if (!read && read.error() == errc::incompatible)
      return std::move(read).error().in((folder / "assignment.json").string());
    if (read) memory.assignment_ = std::move(read).value();
  }
  return memory;
}

Replaced TargetMemory::Write::operator()() const {
  Replaced came;
  came.durable = replace_file(file, text, &came.there);
  return came;
}

Result<TargetMemory::Write> TargetMemory::write_of(std::string_view file, std::string text) const {
  const std::filesystem::path path = folder_ / file;
  if (lost_)
    return Error(errc::internal,
                 path.string() + ": an earlier write never returned; look at the disk, then restart Stoker",
                 "memory.lost");
  if (text.size() > bytes_max)  // it could not be read again
    return Error(errc::invalid, path.string() + ": would be longer than " + std::to_string(bytes_max) + " bytes",
                 "memory.too-long");
  return Write{path, std::move(text)};
}

template <class Value, class Kept>
Result<void> TargetMemory::accept(Value next, Kept& into, Result<Replaced> came) {
  if (!came) {
    lost_ = lost_ || fault_of(came.error()) == CallFault::did_not_return;
    return std::move(came).error();
  }
  if (came->there) into = std::move(next);
  return std::move(came->durable);
}

Result<void> TargetMemory::end_write(Memory next, Result<Replaced> came) {
  return accept(std::move(next), memory_, std::move(came));
}

Result<void> TargetMemory::end_write(const Assignment& next, Result<Replaced> came) {
  return accept(next, assignment_, std::move(came));
}

Result<void> TargetMemory::write(Memory next) {
  auto to_do = begin_write(next);
  if (!to_do) return std::move(to_do).error();
  return end_write(std::move(next), (*to_do)());
}

Result<void> TargetMemory::assign(const Assignment& next) {
  if (assignment_ && assignment_->same_work(next)) return {};
  auto to_do = begin_write(next);
  if (!to_do) return std::move(to_do).error();
  return end_write(next, (*to_do)());
}

}  // namespace stoker::host
