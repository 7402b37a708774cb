// The slots, their file, and the handler. The handler may only use what is safe in a signal: it reads memory that never
// goes away and calls write(2).
#include "host/calls/last_calls.hpp"

#include "host/base/printable.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <ctime>

namespace stoker::host {

// One thread. `in_use` and `running` are written by its thread only, or while it has none.
struct CallSlot {
  std::atomic<std::uint32_t> in_use, running;
  RunningCall::Text text;
};

namespace {

constexpr std::size_t slots_max = 128;
constexpr char format[8] = "stoker1";
constexpr std::size_t crash_stack_bytes = 64 << 10;
constexpr int crash_signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE};

struct CallPage {
  char format[8];
  std::atomic<std::uint32_t> alive;   // 1: whoever wrote it has not ended in an orderly way
  std::atomic<std::int32_t> signal;   // of the crash
  std::atomic<std::int32_t> crashed;  // the number of the crashed slot, counted from 1
  CallSlot slots[slots_max];
};

CallPage memory_page;  // while there is no file
std::atomic<CallPage*> page{&memory_page};

// What the handler may read: no constructor, no destructor.
thread_local CallSlot* own_slot = nullptr;

CallSlot* free_slot(CallPage& in) {
  for (CallSlot& slot : in.slots) {
    std::uint32_t free = 0;
    if (slot.in_use.compare_exchange_strong(free, 1)) return &slot;
  }
  return nullptr;
}

// A thread's slot, and a stack for the handler: a crash may have used up the thread's own.
class OwnSlot {
 public:
  OwnSlot() {
    stack_t before{};
    if (::sigaltstack(nullptr, &before) != 0 || !(before.ss_flags & SS_DISABLE)) return;
    stack_ = ::mmap(nullptr, crash_stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack_ == MAP_FAILED) return;
    stack_t own{};
    own.ss_sp = stack_;
    own.ss_size = crash_stack_bytes;
    ::sigaltstack(&own, nullptr);
  }
  OwnSlot(const OwnSlot&) = delete;
  OwnSlot& operator=(const OwnSlot&) = delete;
  ~OwnSlot() {
    leave();
    if (stack_ == MAP_FAILED) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    ::munmap(stack_, crash_stack_bytes);
  }
  // Null: more threads call plugins than there are slots.
  CallSlot* slot() {
    CallPage* now = page.load();
    if (now != of_) {
      leave();
      of_ = now;
      own_slot = free_slot(*now);
    }
    return own_slot;
  }

 private:
  static void leave() {
    if (own_slot) own_slot->in_use.store(0);
    own_slot = nullptr;
  }
  CallPage* of_ = nullptr;
  void* stack_ = MAP_FAILED;
};

CallSlot* slot_of_this_thread() {
  static thread_local OwnSlot own;
  return own.slot();
}

template <std::size_t bytes>
void copy(char (&to)[bytes], std::string_view from) {
  const std::size_t size = std::min(from.size(), bytes - 1);
  std::memcpy(to, from.data(), size);
  to[size] = '\0';
}

template <std::size_t bytes>
std::string text_in(const char (&from)[bytes]) {
  return printable({from, ::strnlen(from, bytes)}, bytes);
}

std::int64_t wall_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

// A line for the handler, cut where it would be too long.
class SignalLine {
 public:
  SignalLine& add(const char* text) {
    while (*text && size_ < sizeof line_ - 1) {
      const auto byte = static_cast<unsigned char>(*text++);
      line_[size_++] = byte < 0x20 || byte == 0x7f ? '?' : static_cast<char>(byte);
    }
    return *this;
  }
  void write() {
    line_[size_++] = '\n';
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line_, size_);
  }

 private:
  char line_[512];
  std::size_t size_ = 0;
};

const char* name_of(int signal) {
  switch (signal) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGABRT: return "SIGABRT";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    default: return "a signal";
  }
}

std::atomic<bool> dying{false};

// The action becomes the default one, and the signal is raised once more, so the process ends as it would have without
// this, with its core. `dying` is set before: who sees the changed action must not put the handler back.
[[maybe_unused]] void on_crash(int signal) {
  dying.store(true);
  struct sigaction ends {};
  ends.sa_handler = SIG_DFL;
  ::sigaction(signal, &ends, nullptr);
  CallPage* now = page.load();
  const CallSlot* slot = own_slot;
  const bool in_call = slot && slot->running.load() != 0;
  const bool in_page = slot >= now->slots && slot < now->slots + slots_max;
  now->signal.store(signal);
  SignalLine line;
  line.add("stoker: the process dies of ").add(name_of(signal));
  if (in_call) {
    if (in_page) now->crashed.store(static_cast<std::int32_t>(slot - now->slots) + 1);
    line.add(" in the plugin call ").add(slot->text.what);
    if (slot->text.target[0]) line.add(" for target ").add(slot->text.target);
  } else {
    line.add(" outside of plugin calls");
  }
  line.write();
  ::raise(signal);
}

LastDeath death_in(const CallPage& left) {
  LastDeath death;
  if (std::memcmp(left.format, format, sizeof format) != 0 || left.alive.load() == 0) return death;
  death.signal = left.signal.load();
  for (std::size_t i = 0; i < slots_max; ++i) {
    const CallSlot& slot = left.slots[i];
    if (slot.running.load() == 0) continue;
    const std::string what = text_in(slot.text.what);
    const std::size_t colon = what.rfind(": ");
    LastCall call;
    call.module = what.substr(0, colon);
    if (colon != std::string::npos) call.function = what.substr(colon + 2);
    call.target = text_in(slot.text.target);
    call.since_ms = slot.text.since_ms;
    call.crashed = left.crashed.load() == static_cast<std::int32_t>(i) + 1;
    death.calls.push_back(std::move(call));
  }
  return death;
}

// The file in memory. Null: another process has it, or the disk is full or read-only. Its space is allocated first,
// because a write to mapped memory without space behind it ends the process.
CallPage* map(int file) {
  if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) != 0) return nullptr;
  if (::posix_fallocate(file, 0, sizeof(CallPage)) != 0) return nullptr;
  void* memory = ::mmap(nullptr, sizeof(CallPage), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<CallPage*>(memory);
}

}  // namespace

RunningCall::RunningCall(std::string_view what, std::string_view target) {
  CallSlot* slot = slot_of_this_thread();
  if (!slot) return;
  if (slot->running.load() != 0) outer_ = slot->text;
  copy(slot->text.what, what);
  copy(slot->text.target, target);
  slot->text.since_ms = wall_ms();
  slot->running.fetch_add(1);
}

RunningCall::~RunningCall() {
  CallSlot* slot = own_slot;
  if (!slot || slot->running.load() == 0) return;
  if (slot->running.fetch_sub(1) > 1) slot->text = outer_;
}

LastCalls::LastCalls(const std::filesystem::path& file) {
  file_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  CallPage* mapped = map(file_);
  page.store(&memory_page);
  if (!mapped) return;
  before_ = death_in(*mapped);
  std::memset(static_cast<void*>(mapped), 0, sizeof *mapped);
  std::memcpy(mapped->format, format, sizeof format);
  mapped->alive.store(1);
  page.store(mapped);
  mapped_ = true;
}

// The memory stays: a thread in a call that was written off may still use it.
LastCalls::~LastCalls() {
  if (mapped_) page.exchange(&memory_page)->alive.store(0);
  if (file_ >= 0) ::close(file_);
}

bool is_dying() { return dying.load(); }

void name_crashes() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  struct sigaction action {};
  action.sa_handler = &on_crash;
  action.sa_flags = static_cast<int>(SA_ONSTACK);
  for (const int signal : crash_signals) ::sigaction(signal, &action, nullptr);
#endif
}

}  // namespace stoker::host
