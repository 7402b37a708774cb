// See process_owner.hpp.
#include "process_owner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "refusal.hpp"

namespace stoker::local {
namespace {

std::string boot_id_now() {
  std::string text;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), text);
  return text;
}

// Field 22 of the stat line. The name in field 2 may have blanks and parentheses: count from the last one.
std::optional<std::string> start_time_of(std::int64_t pid) {
  std::string line;
  if (!std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/stat"), line)) return std::nullopt;
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(line.substr(name_end + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number)
    if (!(fields >> field)) return std::nullopt;
  return field;
}

// A number or its text: both are written by clients.
std::string digits_at(const json::object& owner, std::string_view key) {
  const json::value* found = owner.if_contains(key);
  if (!found) return {};
  std::string text = found->is_string() ? std::string(text_at(owner, key)) : text_of(*found);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return digits ? text : std::string();
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Result<ProcessOwner> ProcessOwner::from(const json::object& owner) {
  ProcessOwner process;
  const std::string pid = digits_at(owner, "pid");
  std::from_chars(pid.data(), pid.data() + pid.size(), process.pid);
  if (process.pid <= 0 || process.pid > std::numeric_limits<pid_t>::max())
    return invalid("/pid", "the number of a process", "").in("owner");
  process.start_time = digits_at(owner, "startTime");
  if (process.start_time.empty()) return invalid("/startTime", "field 22 of /proc/<pid>/stat", "").in("owner");
  process.boot_id = text_at(owner, "bootId");
  if (process.boot_id.empty()) return invalid("/bootId", "the text of /proc/sys/kernel/random/boot_id", "").in("owner");
  return process;
}

ProcessOwner ProcessOwner::self() {
  const pid_t pid = ::getpid();
  return {pid, start_time_of(pid).value_or(""), boot_id_now()};
}

ProcessState look_at(const ProcessOwner& owner) {
  using Is = ProcessState::Is;
  const std::string boot = boot_id_now();
  if (boot.empty()) return {Is::unknown};
  if (boot != owner.boot_id) return {Is::gone};
  Descriptor end(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(owner.pid), 0)));
  if (!end) return {errno == ESRCH ? Is::gone : Is::unknown};
  pollfd ended{end.get(), POLLIN, 0};
  if (::poll(&ended, 1, 0) == 1) return {Is::gone};  // also one that nobody has waited for yet
  // The pidfd holds the process that has this pid now, so that its start time is the one that belongs to it.
  const auto start = start_time_of(owner.pid);
  if (start && *start != owner.start_time) return {Is::gone};
  return {start ? Is::alive : Is::unknown, std::move(end)};
}

}  // namespace stoker::local
