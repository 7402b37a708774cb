// A child process that dies with the demo; see child.hpp.
#include "child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

namespace demo {
namespace {

constexpr std::chrono::seconds stop_patience{10};

// Between fork and exec only what is safe there: the argument list is made before.
[[noreturn]] void become(char** arguments, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);  // Ctrl-C is the demo's; it stops the children in order
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvp(arguments[0], arguments);
  _exit(127);
}

pid_t start(const Arguments& arguments, int output) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("cannot start " + arguments[0]);
  if (pid == 0) become(pointers.data(), output);
  return pid;
}

}  // namespace

Child::Child(const Arguments& arguments, const std::filesystem::path& log) {
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) throw std::runtime_error("cannot write " + log.string());
  pid_ = start(arguments, output);
  close(output);
}

bool Child::alive() {
  if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) != 0) pid_ = -1;
  return pid_ > 0;
}

void Child::stop() {
  if (!alive()) return;
  kill(pid_, SIGTERM);
  const auto patience_ends = std::chrono::steady_clock::now() + stop_patience;
  while (alive() && std::chrono::steady_clock::now() < patience_ends)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string output_of(const Arguments& arguments) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t pid = start(arguments, ends[1]);
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(arguments[0] + " failed: " + text);
  return text;
}

}  // namespace demo
