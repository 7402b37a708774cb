// ptrace of one thread on x86-64. A mark is a breakpoint, which needs no system call of its own; between the phases the
// process runs free.
#include "traced.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace crash {
namespace {

// The phase, where both processes see it.
volatile Phase* phase_page() {
  static auto* page = static_cast<volatile Phase*>(
      mmap(nullptr, sizeof(Phase), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return page;
}

[[noreturn]] void refused(const char* what) {
  throw std::system_error(errno, std::generic_category(),
                          std::string(what) +
                              ": this test stops processes with ptrace, which is not permitted here; allow it "
                              "(container: --cap-add=SYS_PTRACE, kernel.yama.ptrace_scope below 3) or set "
                              "STOKER_NO_PTRACE=1 to go without");
}

std::uint64_t open_flags_of(pid_t process, const SystemCall& call) {
  if (call.number != SYS_openat2) return 0;
  open_how how{};
  iovec here{&how, sizeof how}, there{reinterpret_cast<void*>(call.arguments[2]), sizeof how};
  return process_vm_readv(process, &here, 1, &there, 1, 0) == sizeof how ? how.flags : 0;
}

// Was the descriptor opened for writing? Only then can its close still fail.
bool is_writable(pid_t process, const SystemCall& call) {
  if (call.number != SYS_close) return false;
  std::ifstream info("/proc/" + std::to_string(process) + "/fdinfo/" + std::to_string(call.arguments[0]));
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("flags:")) return (std::stoul(line.substr(6), nullptr, 8) & O_ACCMODE) != O_RDONLY;
  return false;
}

// SQLite syncs its files itself, and takes an interrupted sync for a failed one.
bool syncs_records(pid_t process, const SystemCall& call) {
  if (call.number != SYS_fsync && call.number != SYS_fdatasync) return false;
  std::error_code gone;
  const auto path = std::filesystem::read_symlink(
      "/proc/" + std::to_string(process) + "/fd/" + std::to_string(call.arguments[0]), gone);
  return path.filename().string().starts_with("state.db");
}

class Tracer {
 public:
  Tracer(pid_t process, const Stop& stop, const Watch& watch) : process_(process), stop_(stop), watch_(watch) {}
  Trace follow();

 private:
  // The errno that this call is to answer, or 0.
  int answer_to(const Seen& seen) {
    const SystemCall& call = seen.call;
    if (stop_.old_kernel && call.number == SYS_openat2) return ENOSYS;
    if (stop_.old_kernel && call.number == SYS_renameat2 && call.arguments[4] != 0) return EINVAL;
    if (stop_.slow_disk && call.number == SYS_sync_file_range) return ENOSYS;
    const bool may = call.may_fail_with(stop_.error);
    bool fails = false;
    if (stop_.kind == Stop::Kind::fail) fails = seen.place == stop_.at;
    if (stop_.kind == Stop::Kind::fail_on) fails = seen.place >= stop_.at && call.changes() && may;
    if (stop_.kind == Stop::Kind::fail_each && may && !syncs_records(process_, call)) {
      fails = !last_failed_ || !(*last_failed_ == call);  // else it is tried again
      last_failed_.reset();
      if (fails) last_failed_ = call;
    }
    if (fails) trace_.stopped = true;
    return fails ? stop_.error : 0;
  }
  bool shortens(const Seen& seen) {
    const bool each = stop_.kind == Stop::Kind::shorten_each;
    if (!each && !(stop_.kind == Stop::Kind::shorten && seen.place == stop_.at)) return false;
    if (!seen.call.may_be_short()) return false;
    return trace_.stopped = true;
  }
  // Between the phases, and in sections that no stop is about, the process runs free.
  bool watched() const {
    if (*phase_page() == Phase::none) return false;
    const bool all = stop_.kind == Stop::Kind::none || stop_.kind == Stop::Kind::fail_each ||
                     stop_.kind == Stop::Kind::shorten_each || stop_.old_kernel;
    const bool more = stop_.kind == Stop::Kind::fail_on || stop_.kill_at.section != SIZE_MAX;
    return all || (section_ == stop_.at.section ? !trace_.stopped || more : section_ > stop_.at.section && more);
  }
  void at_entry(const __ptrace_syscall_info& info);
  void at_exit(const __ptrace_syscall_info& info);
  void set(unsigned long long user_regs_struct::*which, unsigned long long value) {
    user_regs_struct registers{};
    ptrace(PTRACE_GETREGS, process_, nullptr, &registers);
    registers.*which = value;
    ptrace(PTRACE_SETREGS, process_, nullptr, &registers);
  }
  void kill_now() {
    trace_.stopped = true;
    kill(process_, SIGKILL);
  }

  pid_t process_;
  const Stop& stop_;
  const Watch& watch_;
  Trace trace_;
  std::size_t section_ = SIZE_MAX;  // the first mark begins section 0
  std::size_t count_ = 0;
  bool passing_ = false;                   // the call under way does not count
  int answer_ = 0;                         // the errno that the call under way is to answer
  std::optional<SystemCall> last_failed_;  // of those that fail once each
};

// Of memory alone: how many there are depends on where the kernel put the heap, so they have no place of their own.
bool is_of_memory(std::uint64_t number) {
  switch (number) {
    case SYS_brk:
    case SYS_mmap:
    case SYS_mremap:
    case SYS_munmap:
    case SYS_madvise: return true;
    default: return false;
  }
}

void Tracer::at_entry(const __ptrace_syscall_info& info) {
  passing_ = is_of_memory(info.entry.nr);
  if (passing_) return;
  Seen seen{*phase_page(), {section_, count_++}, {static_cast<long>(info.entry.nr), {}, 0, false}};
  std::copy(std::begin(info.entry.args), std::end(info.entry.args), seen.call.arguments.begin());
  seen.call.open_flags = open_flags_of(process_, seen.call);
  if (stop_.kind == Stop::Kind::none) seen.call.writable = is_writable(process_, seen.call);
  trace_.calls.push_back(seen);
  if (watch_) watch_(process_, seen, nullptr);
  const bool here = seen.place == stop_.at;
  if (seen.place == stop_.kill_at || (here && stop_.kind == Stop::Kind::kill_before)) return kill_now();
  if (shortens(seen)) set(&user_regs_struct::rdx, seen.call.arguments[2] / 2);
  answer_ = answer_to(seen);
  if (!answer_) return;
  if (!seen.call.fails_afterwards()) set(&user_regs_struct::orig_rax, ~0ULL);  // no such call: nothing happens
}

void Tracer::at_exit(const __ptrace_syscall_info& info) {
  if (passing_ || trace_.calls.empty()) return;
  const Seen& seen = trace_.calls.back();
  const std::int64_t result = info.exit.rval;
  if (watch_) watch_(process_, seen, &result);
  if (!answer_ && seen.call.number == SYS_openat2 && result == -EAGAIN) {
    // a rename anywhere on the machine can make the kernel ask for another try: that is no call of its own
    trace_.calls.pop_back();
    --count_;
    return;
  }
  if (answer_) set(&user_regs_struct::rax, static_cast<unsigned long long>(-answer_));
  answer_ = 0;
  if (stop_.kind == Stop::Kind::kill_after && seen.place == stop_.at) kill_now();
}

Trace Tracer::follow() {
  for (bool first = true;;) {
    int status = 0;
    if (waitpid(process_, &status, 0) < 0) throw std::system_error(errno, std::generic_category(), "waitpid");
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      trace_.status = status;
      return std::move(trace_);
    }
    const int signal = WSTOPSIG(status);
    if (first) {
      first = false;
      if (ptrace(PTRACE_SETOPTIONS, process_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) {
        kill(process_, SIGKILL);
        refused("ptrace");
      }
    } else if (signal == (SIGTRAP | 0x80)) {
      __ptrace_syscall_info info{};
      ptrace(PTRACE_GET_SYSCALL_INFO, process_, sizeof info, &info);
      if (info.op == PTRACE_SYSCALL_INFO_ENTRY) at_entry(info);
      if (info.op == PTRACE_SYSCALL_INFO_EXIT) at_exit(info);
    } else if (signal == SIGTRAP) {  // a mark
      ++section_;
      count_ = 0;
    } else {
      kill(process_, SIGKILL);
      waitpid(process_, &status, 0);
      throw std::runtime_error(std::string("the traced process got ") + strsignal(signal));
    }
    ptrace(answer_ || watched() ? PTRACE_SYSCALL : PTRACE_CONT, process_, nullptr, nullptr);
  }
}

}  // namespace

std::string_view name(Phase phase) {
  switch (phase) {
    case Phase::none: return "none";
    case Phase::open: return "open";
    case Phase::memory: return "memory";
    case Phase::stage: return "stage";
    case Phase::apply: return "apply";
    case Phase::revert: return "revert";
    case Phase::recover: return "recover";
    case Phase::forget: return "forget";
  }
  return "";
}

std::string place_of(const Seen& seen) {
  return std::string(name(seen.phase)) + " " + std::to_string(seen.place.section) + "." +
         std::to_string(seen.place.call) + " " + seen.call.name();
}

bool Trace::killed() const { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

Trace run_traced(const std::function<void()>& body, const Stop& stop, const Watch& watch) {
  *phase_page() = Phase::none;
  const pid_t process = fork();
  if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(126);
    raise(SIGSTOP);
    body();
    _exit(0);
  }
  Trace trace = Tracer(process, stop, watch).follow();
  if (WIFEXITED(trace.status) && WEXITSTATUS(trace.status) == 126) {
    errno = EPERM;
    refused("ptrace");
  }
  return trace;
}

void mark(Phase phase) {
  *phase_page() = phase;
  __asm__ volatile("int3");
}

}  // namespace crash
