#include "system_call.hpp"

#include <fcntl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace crash {
namespace {

enum Trait : unsigned {
  changes_files = 1,
  no_space = 2,     // ENOSPC
  bad_disk = 4,     // EIO
  interrupted = 8,  // EINTR
  can_be_short = 16,
  after_the_fact = 32,
};

struct Row {
  long number;
  const char* name;
  unsigned traits;
};

constexpr unsigned entries = changes_files | no_space | bad_disk;  // changes the entries of a folder
constexpr Row rows[] = {
    {SYS_read, "read", bad_disk | interrupted},
    {SYS_pread64, "pread64", bad_disk | interrupted},
    {SYS_write, "write", changes_files | no_space | bad_disk | interrupted | can_be_short},
    {SYS_pwrite64, "pwrite64", changes_files | no_space | bad_disk | interrupted | can_be_short},
    {SYS_open, "open", bad_disk | interrupted},
    {SYS_openat, "openat", bad_disk | interrupted},
    {SYS_openat2, "openat2", bad_disk | interrupted},
    {SYS_close, "close", bad_disk | interrupted | after_the_fact},
    {SYS_stat, "stat", bad_disk},
    {SYS_lstat, "lstat", bad_disk},
    {SYS_fstat, "fstat", bad_disk},
    {SYS_newfstatat, "newfstatat", bad_disk},
    {SYS_statx, "statx", bad_disk},
    {SYS_statfs, "statfs", bad_disk | interrupted},
    {SYS_fstatfs, "fstatfs", bad_disk | interrupted},
    {SYS_access, "access", bad_disk},
    {SYS_faccessat, "faccessat", bad_disk},
    {SYS_faccessat2, "faccessat2", bad_disk},
    {SYS_readlink, "readlink", bad_disk},
    {SYS_getdents64, "getdents64", bad_disk},
    {SYS_lseek, "lseek", 0},
    {SYS_fcntl, "fcntl", 0},
    {SYS_dup, "dup", 0},
    {SYS_flock, "flock", 0},
    {SYS_fsync, "fsync", changes_files | no_space | bad_disk | interrupted},
    {SYS_fdatasync, "fdatasync", changes_files | no_space | bad_disk | interrupted},
    {SYS_sync_file_range, "sync_file_range", no_space | bad_disk},
    {SYS_ftruncate, "ftruncate", changes_files | bad_disk | interrupted},
    {SYS_fallocate, "fallocate", changes_files | no_space | bad_disk | interrupted},
    {SYS_fchmod, "fchmod", changes_files | bad_disk},
    {SYS_chmod, "chmod", changes_files | bad_disk},
    {SYS_fchmodat, "fchmodat", changes_files | bad_disk},
    {SYS_fchown, "fchown", changes_files | bad_disk},
    {SYS_mkdir, "mkdir", entries},
    {SYS_mkdirat, "mkdirat", entries},
    {SYS_rmdir, "rmdir", changes_files | bad_disk},
    {SYS_unlink, "unlink", changes_files | bad_disk},
    {SYS_unlinkat, "unlinkat", changes_files | bad_disk},
    {SYS_rename, "rename", entries},
    {SYS_renameat, "renameat", entries},
    {SYS_renameat2, "renameat2", entries},
    {SYS_link, "link", entries},
    {SYS_linkat, "linkat", entries},
};

const Row* row_of(long number) {
  const auto found =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.number == number; });
  return found == std::end(rows) ? nullptr : found;
}

bool creates(const SystemCall& call) {
  constexpr std::uint64_t making = O_CREAT | O_TRUNC;
  if (call.number == SYS_open) return (call.arguments[1] & making) != 0;
  if (call.number == SYS_openat) return (call.arguments[2] & making) != 0;
  return call.number == SYS_openat2 && (call.open_flags & making) != 0;
}

bool has(const SystemCall& call, unsigned trait) {
  const Row* row = row_of(call.number);
  if (!row) return false;
  if ((row->traits & trait) != 0) return true;
  return (trait & (changes_files | no_space)) != 0 && creates(call);
}

}  // namespace

std::string SystemCall::name() const {
  const Row* row = row_of(number);
  return row ? row->name : "call " + std::to_string(number);
}

bool SystemCall::of_files() const { return row_of(number) != nullptr; }
bool SystemCall::changes() const { return has(*this, changes_files); }
bool SystemCall::fails_afterwards() const { return has(*this, after_the_fact); }
bool SystemCall::may_be_short() const { return has(*this, can_be_short) && arguments[2] > 1; }

bool SystemCall::may_fail_with(int error) const {
  switch (error) {
    case ENOSPC: return has(*this, no_space);
    case EIO: return has(*this, bad_disk) && (number != SYS_close || writable);
    case EINTR: return has(*this, interrupted);
    default: return false;
  }
}

}  // namespace crash
