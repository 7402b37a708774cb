#include "durable_order.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace crash {
namespace {

using What = Deed::What;
namespace fs = std::filesystem;

std::uint64_t inode_of(const std::string& path) {
  struct stat st {};
  return lstat(path.c_str(), &st) == 0 ? st.st_ino : 0;
}

std::string descriptor(pid_t process, std::uint64_t number) {
  return "/proc/" + std::to_string(process) + "/fd/" + std::to_string(number);
}

std::string path_of(pid_t process, std::uint64_t number) {
  std::error_code gone;
  return fs::read_symlink(descriptor(process, number), gone).string();
}

std::string text_at(pid_t process, std::uint64_t address) {
  std::array<char, 4096> text{};
  iovec here{text.data(), text.size() - 1}, there{reinterpret_cast<void*>(address), text.size() - 1};
  // the page after the text may not be there: then up to the end of this one
  if (process_vm_readv(process, &here, 1, &there, 1, 0) < 0) {
    there.iov_len = here.iov_len = 4096 - address % 4096;
    if (process_vm_readv(process, &here, 1, &there, 1, 0) < 0) return {};
  }
  return text.data();
}

std::string path_at(pid_t process, std::uint64_t folder, std::uint64_t address) {
  const std::string name = text_at(process, address);
  if (name.starts_with('/') || static_cast<int>(folder) == AT_FDCWD) return name;
  return path_of(process, folder) + "/" + name;
}

bool is_ours(const std::string& path) { return path.find("/.stoker") != std::string::npos; }
bool is_record(const std::string& path) { return path.find("/state.db") != std::string::npos; }
bool is_log(const std::string& path) { return path.ends_with("/state.db-wal"); }
bool is_memory(const std::string& path) { return is_ours(path) && path.ends_with(".json"); }

}  // namespace

Watch DurableTrace::watch() {
  return [this](pid_t process, const Seen& seen, const std::int64_t* result) {
    if (result)
      at_exit(seen, *result);
    else
      at_entry(process, seen);
  };
}

std::vector<Deed> DurableTrace::deeds() {
  if (phase_ != Phase::none) add(What::answer, 0, "");
  phase_ = Phase::none;
  return deeds_;
}

void DurableTrace::add(What what, std::uint64_t inode, const std::string& path) {
  deeds_.push_back({what, inode, path, phase_, folder_});
}

void DurableTrace::add_entry(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  add(What::entry, inode_of(folder), folder);
}

void DurableTrace::at_entry(pid_t process, const Seen& seen) {
  if (seen.place.section != section_ && phase_ != Phase::none) add(What::answer, 0, "");
  section_ = seen.place.section;
  phase_ = seen.phase;
  const auto& arguments = seen.call.arguments;
  folder_ = false;
  switch (seen.call.number) {
    case SYS_write:
    case SYS_pwrite64:
    case SYS_ftruncate:
    case SYS_fchmod:
    case SYS_fchown:
    case SYS_fsync:
    case SYS_fdatasync: {
      struct stat st {};
      path_ = path_of(process, arguments[0]);
      inode_ = stat(descriptor(process, arguments[0]).c_str(), &st) == 0 ? st.st_ino : 0;
      break;
    }
    case SYS_mkdir:
    case SYS_unlink:
    case SYS_rename: path_ = text_at(process, arguments[0]); break;
    case SYS_open: path_ = text_at(process, arguments[0]); break;
    case SYS_openat:
    case SYS_openat2:
    case SYS_mkdirat:
    case SYS_unlinkat:
    case SYS_renameat:
    case SYS_renameat2: path_ = path_at(process, arguments[0], arguments[1]); break;
    default: return;
  }
  const std::string call = seen.call.name();
  if (call == "rename") other_ = text_at(process, arguments[1]);
  if (call == "renameat" || call == "renameat2") other_ = path_at(process, arguments[2], arguments[3]);
  if (!call.starts_with("rename") && !call.starts_with("unlink") && !call.starts_with("open")) return;
  inode_ = inode_of(path_);
  folder_ = fs::is_directory(fs::symlink_status(path_));
}

void DurableTrace::at_exit(const Seen& seen, std::int64_t result) {
  if (result < 0) return;
  switch (seen.call.number) {
    case SYS_write:
    case SYS_pwrite64: add(What::write, inode_, path_); break;
    case SYS_ftruncate: add(seen.call.arguments[1] == 0 ? What::cut : What::write, inode_, path_); break;
    case SYS_fchmod:
    case SYS_fchown: add(What::owner, inode_, path_); break;
    case SYS_fsync:
    case SYS_fdatasync: add(What::sync, inode_, path_); break;
    case SYS_mkdir:
    case SYS_mkdirat: add_entry(path_); break;
    case SYS_open:
    case SYS_openat:
    case SYS_openat2:
      if (inode_ == 0) add_entry(path_);  // it was not there
      break;
    case SYS_unlink:
    case SYS_unlinkat:
      add(What::gone, inode_, path_);
      add_entry(path_);
      break;
    case SYS_rename:
    case SYS_renameat:
    case SYS_renameat2:
      add(What::rename, inode_, other_);
      add_entry(path_);
      add_entry(other_);
      break;
    default: break;
  }
}

namespace {

// What would be lost, and the rules on it.
class Disk {
 public:
  std::vector<std::string> complaints;
  void take(const Deed& deed);
  // Does this sync make anything durable?
  bool needs(const Deed& sync) const { return bytes_.contains(sync.inode) || folders_.contains(sync.inode); }

 private:
  void complain(const Deed& deed, const std::string& what) {
    complaints.push_back(std::string(name(deed.phase)) + ": " + what);
  }
  bool unsynced(bool (*which)(const std::string&)) const {
    return std::any_of(bytes_.begin(), bytes_.end(), [&](const auto& one) { return which(one.second); });
  }
  void write(const Deed& deed);
  void entry(const Deed& deed);
  void answer(const Deed& deed);

  std::map<std::uint64_t, std::string> bytes_, folders_;  // not synced, by inode
  bool live_changed_ = false;                             // since the records said something
};

void Disk::take(const Deed& deed) {
  switch (deed.what) {
    case What::write: write(deed); break;
    case What::owner:
      if (!is_record(deed.path)) bytes_[deed.inode] = deed.path;  // SQLite's log takes its owner each time it is opened
      break;
    case What::cut:
      if (is_log(deed.path) && unsynced([](const std::string& path) { return is_record(path) && !is_log(path); }))
        complain(deed, "the log is cut before the records are synced");
      bytes_.erase(deed.inode);
      break;
    case What::sync:
    case What::gone:
      bytes_.erase(deed.inode);
      folders_.erase(deed.inode);
      break;
    case What::entry: entry(deed); break;
    case What::rename:
      if (!deed.folder && bytes_.contains(deed.inode) && (!is_ours(deed.path) || is_memory(deed.path)))
        complain(deed, deed.path + " is put in place before it is synced");
      break;
    case What::answer: answer(deed); break;
  }
}

void Disk::write(const Deed& deed) {
  const bool of_changes = deed.phase == Phase::apply || deed.phase == Phase::revert || deed.phase == Phase::recover;
  if (is_log(deed.path) && live_changed_ && of_changes)
    for (const auto& [inode, folder] : folders_) complain(deed, "the records say done before " + folder + " is synced");
  if (is_log(deed.path)) live_changed_ = false;
  bytes_[deed.inode] = deed.path;
}

void Disk::entry(const Deed& deed) {
  if (!is_ours(deed.path)) {
    live_changed_ = true;
    if (unsynced(is_log)) complain(deed, deed.path + " changes before the journal is synced");
  }
  folders_[deed.inode] = deed.path;
}

void Disk::answer(const Deed& deed) {
  // the lock's text is for people; what is thrown away may come back and is thrown away again
  const bool throws_away = deed.phase == Phase::revert || deed.phase == Phase::recover || deed.phase == Phase::forget;
  for (const auto& [inode, path] : folders_)
    if (deed.phase != Phase::open && !(throws_away && is_ours(path)))
      complain(deed, "answers before " + path + " is synced");
  for (const auto& [inode, path] : bytes_)
    if (deed.phase != Phase::open && (!is_record(path) || is_log(path)))
      complain(deed, "answers before the bytes of " + path + " are synced");
  folders_.clear();
  std::erase_if(bytes_, [](const auto& one) { return !is_record(one.second); });
}

}  // namespace

std::vector<std::string> disorder(const std::vector<Deed>& deeds) {
  Disk disk;
  for (const Deed& deed : deeds) disk.take(deed);
  return disk.complaints;
}

std::vector<std::size_t> needed_syncs(const std::vector<Deed>& deeds) {
  std::vector<std::size_t> needed;
  Disk disk;
  for (std::size_t i = 0; i < deeds.size(); ++i) {
    if (deeds[i].what == What::sync && disk.needs(deeds[i])) needed.push_back(i);
    disk.take(deeds[i]);
  }
  return needed;
}

}  // namespace crash
