// A child process that dies with its parent; see child.hpp.
#include "child.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace child {
namespace {

constexpr std::chrono::seconds stop_patience{10};

// Between fork and exec only what is safe there: the argument list is made before.
[[noreturn]] void become(char** arguments, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C is the parent's; it stops its children in order
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);  // a listener of the parent that a child keeps open never refuses anybody
  execvp(arguments[0], arguments);
  _exit(127);
}

pid_t start(const Arguments& arguments, int out, int err) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot start " + arguments[0]);
  if (pid == 0) become(pointers.data(), out, err);
  return pid;
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Both to their end, whichever speaks first.
void drain(const std::array<int, 2>& ends, const std::array<std::string*, 2>& texts) {
  std::array<pollfd, 2> waits{pollfd{ends[0], POLLIN, 0}, pollfd{ends[1], POLLIN, 0}};
  while (waits[0].fd >= 0 || waits[1].fd >= 0) {
    poll(waits.data(), waits.size(), -1);
    for (std::size_t i = 0; i < waits.size(); ++i) {
      if (waits[i].fd < 0 || waits[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = read(waits[i].fd, buffer, sizeof buffer);
      if (got > 0)
        texts[i]->append(buffer, static_cast<std::size_t>(got));
      else
        waits[i].fd = -1;
    }
  }
}

}  // namespace

Child::Child(const Arguments& arguments, const std::filesystem::path& log) {
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) throw std::runtime_error("cannot write " + log.string());
  pid_ = start(arguments, output, output);
  close(output);
}

bool Child::alive() {
  int status = 0;
  if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) != 0) {
    pid_ = -1;
    code_ = code_of(status);
  }
  return pid_ > 0;
}

void Child::send(int signal) {
  if (alive()) kill(pid_, signal);
}

std::optional<int> Child::ended(std::chrono::milliseconds patience) {
  const auto patience_ends = std::chrono::steady_clock::now() + patience;
  while (alive() && std::chrono::steady_clock::now() < patience_ends)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return pid_ > 0 ? std::nullopt : std::optional(code_);
}

void Child::kill_now() {
  send(SIGKILL);
  if (pid_ <= 0) return;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  code_ = code_of(status);
}

void Child::stop() {
  send(SIGTERM);
  if (!ended(stop_patience)) kill_now();
}

Variable::Variable(const char* name, const std::string& value) : name_(name) {
  if (const char* before = std::getenv(name)) before_ = before;
  setenv(name, value.c_str(), 1);
}

Variable::~Variable() { before_ ? setenv(name_, before_->c_str(), 1) : unsetenv(name_); }

Finished finished(const Arguments& arguments) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = start(arguments, out[1], err[1]);
  close(out[1]);
  close(err[1]);
  Finished result;
  drain({out[0], err[0]}, {&result.out, &result.err});
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  result.code = code_of(status);
  return result;
}

std::string output_of(const Arguments& arguments) {
  Finished result = finished(arguments);
  if (result.code != 0) throw std::runtime_error(arguments[0] + " failed: " + result.out + result.err);
  return std::move(result.out);
}

}  // namespace child
