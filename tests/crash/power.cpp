// What is on the disk; see power.hpp. The process is stopped while it is looked at, so nothing moves meanwhile but the
// kernel's own timers, which are half a minute and more.
#include "tests/crash/power.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <system_error>

namespace crash {

namespace fs = std::filesystem;

namespace {

// A sync by somebody else after such a call brings a time and no more: the bytes have no blocks on the disk yet.
bool only_writes(const SystemCall& call) { return call.number == SYS_write || call.number == SYS_pwrite64; }

}  // namespace

std::string_view name(World world) {
  switch (world) {
    case World::quiet: return "Quiet";
    case World::busy: return "Busy";
    case World::random: return "Random";
  }
  return "";
}

Watch PowerRecord::watch() {
  return [this](pid_t, const Seen& seen, const std::int64_t* result) {
    if (result ? seen.call.changes() : cuts_.empty()) take(seen);
  };
}

void PowerRecord::take(const Seen& seen) {
  if (world_ == World::busy && only_writes(seen.call)) return;
  ++moments_;
  if (world_ == World::busy || (world_ == World::random && random_() % 4 == 0)) others_sync();
  if (world_ == World::random) pages_reach_the_disk();
  std::string writes = disk_.writes();
  const bool same_section = !cuts_.empty() && cuts_.back().after.place.section == seen.place.section;
  if (same_section && writes == writes_) return;
  writes_ = std::move(writes);
  Disk::Content content = disk_.content(cuts_.empty() ? Disk::Content() : cuts_.back().disk);
  if (same_section && content == cuts_.back().disk) return;
  cuts_.push_back({seen, std::move(content)});
}

void PowerRecord::others_sync() {
  const int file = open((folder_ / "others").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool done = file >= 0 && write(file, "x", 1) == 1 && fsync(file) == 0;
  if (file >= 0) close(file);
  if (!done) throw std::system_error(errno, std::generic_category(), "another file on the disk");
}

void PowerRecord::pages_reach_the_disk() {
  constexpr int page = 4096;
  for (const auto& entry : fs::recursive_directory_iterator(data_)) {
    if (random_() % 40 || !entry.is_regular_file()) continue;
    const int file = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) throw std::system_error(errno, std::generic_category(), entry.path());
    const auto pages = static_cast<off_t>(entry.file_size() / page + 1);
    const bool whole = random_() % 2;
    const off_t from = whole ? 0 : static_cast<off_t>(random_()) % pages;
    const off_t count = whole ? pages : 1 + static_cast<off_t>(random_()) % (pages - from);
    sync_file_range(file, from * page, count * page,
                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    close(file);
  }
}

}  // namespace crash
