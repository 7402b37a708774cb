// A child process that stops at each of its system calls, so that a kill falls where it is aimed, however busy the
// machine is. Of the thread that started the child.
#pragma once

#include "plant.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <set>
#include <system_error>

namespace plant {

// A child process whose threads stop before and after each system call, until they are let on: of what it does nothing
// goes unseen. It has to be killed before this ends. Of the thread that started the child, and on its processor: to go
// from one to the other is what a step costs.
class Stepped {
 public:
  explicit Stepped(pid_t process) : process_(process) {
    sched_getaffinity(0, sizeof before_, &before_);
    CPU_ZERO(&here_);
    CPU_SET(static_cast<std::size_t>(sched_getcpu()), &here_);
    sched_setaffinity(0, sizeof here_, &here_);
    std::set<pid_t> seized;
    for (std::size_t before = SIZE_MAX; before != seized.size();) {  // until nobody was born meanwhile
      before = seized.size();
      for (const auto& thread : fs::directory_iterator("/proc/" + std::to_string(process) + "/task"))
        seize(std::stoi(thread.path().filename().string()), seized);
    }
  }

  ~Stepped() { sched_setaffinity(0, sizeof before_, &before_); }
  Stepped(const Stepped&) = delete;
  Stepped& operator=(const Stepped&) = delete;

  // Lets on who stands, until a thread stands again; false when there is none any more.
  bool step() {
    for (int status = 0; stands_ <= 0 || ptrace(PTRACE_SYSCALL, stands_, nullptr, signal_) == 0 || errno == ESRCH;) {
      stands_ = waitpid(-1, &status, __WALL | __WNOTHREAD);
      if (stands_ < 0) return false;
      if (!WIFSTOPPED(status)) {
        if (stands_ == process_) return false;
        stands_ = 0;
        continue;
      }
      const bool is_signal = status >> 16 == 0 && WSTOPSIG(status) != (SIGTRAP | 0x80);
      signal_ = is_signal ? WSTOPSIG(status) : 0;
      return true;
    }
    return false;
  }

  // All threads but the first, who is left to whoever owns the child.
  void kill_now() const {
    ::kill(process_, SIGKILL);
    for (siginfo_t ended{}; waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT | __WALL | __WNOTHREAD) == 0;) {
      if (ended.si_pid == process_) return;
      waitpid(ended.si_pid, nullptr, __WALL | __WNOTHREAD);
    }
  }

 private:
  void seize(pid_t thread, std::set<pid_t>& seized) const {
    if (seized.contains(thread)) return;
    sched_setaffinity(thread, sizeof here_, &here_);
    if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) == 0)
      ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
    else if (thread == process_)  // of another one: it ended, or is seized since it was born of a seized one
      throw std::system_error(errno, std::generic_category(),
                              "ptrace: this test stops a process; allow it (container: --cap-add=SYS_PTRACE)");
    seized.insert(thread);
  }

  const pid_t process_;
  cpu_set_t before_, here_;
  pid_t stands_ = 0;
  long signal_ = 0;
};

}  // namespace plant
