// Children by posix_spawn and wait4, which says what they cost. This process must stay small: what a child had mapped
// before its exec counts into its peak.
#include "program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

extern char** environ;

namespace bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

pid_t spawn(const Arguments& arguments, posix_spawn_file_actions_t* actions) {
  std::vector<char*> raw;
  for (const std::string& argument : arguments) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, raw[0], actions, nullptr, raw.data(), environ);
  if (failed != 0) throw std::runtime_error(arguments.front() + ": " + std::strerror(failed));
  return pid;
}

Ended wait_for(pid_t pid) {
  Ended ended;
  int status = 0;
  struct rusage cost {};
  while (::wait4(pid, &status, 0, &cost) < 0 && errno == EINTR) continue;
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.rss_peak_kib = static_cast<std::uint64_t>(cost.ru_maxrss);
  ended.read_bytes = static_cast<std::uint64_t>(cost.ru_inblock) * 512;
  ended.written_bytes = static_cast<std::uint64_t>(cost.ru_oublock) * 512;
  return ended;
}

std::uint64_t number_in(const fs::path& file, std::string_view before = {}) {
  std::ifstream in(file);
  std::string word;
  while (!before.empty() && in >> word && word != before) continue;
  std::uint64_t number = 0;
  in >> number;
  return number;
}

}  // namespace

Ended run(const Arguments& arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  const auto start = Clock::now();
  const pid_t pid = spawn(arguments, &actions);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  std::string out;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  Ended ended = wait_for(pid);
  ended.wall_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  ended.out = std::move(out);
  return ended;
}

Ended run_to_end(const Arguments& arguments) {
  Ended ended = run(arguments);
  if (ended.code == 0) return ended;
  std::string line;
  for (const std::string& argument : arguments) line += argument + " ";
  throw std::runtime_error(line + "ended with " + std::to_string(ended.code) + "\n" + ended.out);
}

Running::Running(const Arguments& arguments, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_ = spawn(arguments, &actions);
  posix_spawn_file_actions_destroy(&actions);
}

Running::~Running() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

bool Running::alive() {
  siginfo_t info{};
  return pid_ > 0 && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

Ended Running::stop() {
  ::kill(pid_, SIGTERM);
  return wait_for(std::exchange(pid_, -1));
}

std::optional<Calls> calls_of(const Arguments& arguments, const fs::path& scratch) {
  static const bool there = run({"sh", "-c", "command -v strace"}).code == 0;
  if (!there) return std::nullopt;
  Arguments traced{"strace", "-f", "-c", "-o", scratch.string()};
  traced.insert(traced.end(), arguments.begin(), arguments.end());
  run_to_end(traced);
  Calls calls;
  std::ifstream in(scratch);
  for (std::string line; std::getline(in, line);) {
    // % time, seconds, usecs/call, calls, [errors], syscall
    std::istringstream words(line);
    std::vector<std::string> parts;
    for (std::string part; words >> part;) parts.push_back(part);
    const bool row = parts.size() >= 5 && parts[3].find_first_not_of("0123456789") == std::string::npos;
    if (row && parts.back() != "total") calls[parts.back()] += std::stoull(parts[3]);
  }
  return calls;
}

std::uint64_t all(const Calls& calls) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : calls) sum += count;
  return sum;
}

std::uint64_t syncs(const Calls& calls) {
  std::uint64_t sum = 0;
  for (const auto& [name, count] : calls)
    if (name == "fsync" || name == "fdatasync" || name == "msync" || name == "sync" || name == "syncfs") sum += count;
  return sum;
}

std::optional<MemoryBound> MemoryBound::make(std::uint64_t bytes) {
  const std::string name = "stoker-bench-" + std::to_string(::getpid());
  const auto put = [](const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text;
    return static_cast<bool>(out.flush());
  };
  for (const bool v2 : {true, false}) {
    const fs::path folder = fs::path("/sys/fs/cgroup") / (v2 ? "" : "memory") / name;
    if (v2 && !fs::exists("/sys/fs/cgroup/cgroup.controllers")) continue;
    std::error_code failed;
    if (!fs::create_directory(folder, failed) || failed) continue;
    MemoryBound bound(folder, v2);
    if (put(folder / (v2 ? "memory.max" : "memory.limit_in_bytes"), std::to_string(bytes))) return bound;
  }
  return std::nullopt;
}

MemoryBound::~MemoryBound() {
  std::error_code left;
  if (!folder_.empty()) fs::remove(folder_, left);
}

Arguments MemoryBound::inside(const Arguments& arguments) const {
  Arguments all{"sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", (folder_ / "cgroup.procs").string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::uint64_t MemoryBound::peak_bytes() const {
  return number_in(folder_ / (v2_ ? "memory.peak" : "memory.max_usage_in_bytes"));
}

std::uint64_t MemoryBound::kills() const {
  return v2_ ? number_in(folder_ / "memory.events", "oom_kill") : number_in(folder_ / "memory.oom_control", "oom_kill");
}

}  // namespace bench
