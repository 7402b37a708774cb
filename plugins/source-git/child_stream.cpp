#include "child_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace stoker::git {
namespace {

constexpr std::size_t said_bytes_max = 16384;
constexpr std::chrono::milliseconds grace{300};  // to end by itself once nothing is wanted of it
constexpr int slice_ms = 50;                     // how soon its end, or a cancel, is seen

Error internal(std::string_view what, int why) {
  return Error(errc::exhausted, "git: " + std::string(what) + ": " + std::strerror(why), "git.internal");
}

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return std::string(name) + "=" + (value ? value : otherwise);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Its own group, default signals, nothing of ours open but the three descriptors.
int spawn(pid_t& child, std::vector<std::string> arguments, int socket, int errors) {
  std::vector<std::string> environment = {variable("PATH", "/usr/local/bin:/usr/bin:/bin"),
                                          variable("HOME", "/nonexistent"), "LC_ALL=C"};
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, socket, 0);
  posix_spawn_file_actions_adddup2(&files, socket, 1);
  posix_spawn_file_actions_adddup2(&files, errors, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);  // what other libraries of the process have open
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int failed = ::posix_spawnp(&child, arguments.front().c_str(), &files, &how, pointers(arguments).data(),
                                    pointers(environment).data());
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  return failed;
}

}  // namespace

Result<std::unique_ptr<ChildStream>> ChildStream::start(const std::vector<std::string>& arguments, const Bound& bound) {
  int talk[2], errors[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) return internal("socketpair", errno);
  if (::pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0) {
    const int why = errno;
    ::close(talk[0]);
    ::close(talk[1]);
    return internal("pipe", why);
  }
  ::fcntl(talk[0], F_SETFL, O_NONBLOCK);  // our end alone: the child's is as it expects
  ::fcntl(errors[1], F_SETFL, 0);
  pid_t child = -1;
  const int failed = spawn(child, arguments, talk[1], errors[1]);
  ::close(talk[1]);
  ::close(errors[1]);
  std::unique_ptr<ChildStream> stream(new ChildStream(failed ? -1 : child, talk[0], errors[0], bound));
  if (failed == ENOENT)
    return Error(errc::invalid, "git: there is no program " + arguments.front() + "; install openssh-client",
                 "git.ssh-missing");
  if (failed) return internal(arguments.front(), failed);
  return stream;
}

ChildStream::~ChildStream() {
  ::close(std::exchange(socket_, -1));
  for (auto end = std::chrono::steady_clock::now() + grace; child_ > 0 && errors_ >= 0;) {
    if (!bound_.check() || std::chrono::steady_clock::now() >= end) break;
    pollfd wait{errors_, POLLIN, 0};
    if (::poll(&wait, 1, slice_ms) > 0 && !listen()) break;
  }
  kill_now();
  if (errors_ >= 0) ::close(errors_);
}

void ChildStream::kill_now() {
  if (child_ <= 0) return;
  ::kill(-child_, SIGKILL);
  int status = 0;
  while (::waitpid(child_, &status, 0) < 0 && errno == EINTR) continue;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  child_ = -1;
}

// Takes what is there of the error output; false at its end. What is too much is dropped, so that it never blocks.
bool ChildStream::listen() {
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(errors_, part, sizeof part);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    const std::size_t room = said_bytes_max - std::min(said_.size(), said_bytes_max);
    said_.append(part, std::min(static_cast<std::size_t>(got), room));
    if (!bound_.check()) return true;  // it may write without end
  }
}

Result<std::size_t> ChildStream::read(char* into, std::size_t size) {
  for (;;) {
    if (auto may = bound_.check(); !may) return std::move(may).error();
    pollfd wait[] = {{socket_, POLLIN, 0}, {errors_, POLLIN, 0}};
    ::poll(wait, errors_ >= 0 ? 2 : 1, slice_ms);
    if (wait[1].revents && !listen()) ::close(std::exchange(errors_, -1));
    if (!wait[0].revents) continue;
    const ssize_t got = ::recv(socket_, into, size, 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == ECONNRESET) return std::size_t{0};  // it ended and left something of ours unread
    if (errno != EAGAIN && errno != EINTR) return internal("read", errno);
  }
}

Result<void> ChildStream::write(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto may = bound_.check(); !may) return may;
    pollfd wait[] = {{socket_, POLLOUT, 0}, {errors_, POLLIN, 0}};
    ::poll(wait, errors_ >= 0 ? 2 : 1, slice_ms);
    if (wait[1].revents && !listen()) ::close(std::exchange(errors_, -1));
    if (!wait[0].revents) continue;
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EPIPE || errno == ECONNRESET)
      return Error(errc::unreachable, "the connection is lost", "git.connection-lost");
    else if (errno != EAGAIN && errno != EINTR)
      return internal("write", errno);
  }
  return {};
}

Result<int> ChildStream::ended() {
  while (errors_ >= 0) {
    if (auto may = bound_.check(); !may) return std::move(may).error();
    pollfd wait{errors_, POLLIN, 0};
    if (::poll(&wait, 1, slice_ms) > 0 && !listen()) ::close(std::exchange(errors_, -1));
  }
  // Nobody holds its error output any more: it is ending, and what is not is killed after a moment.
  for (auto end = std::chrono::steady_clock::now() + grace; child_ > 0 && std::chrono::steady_clock::now() < end;) {
    siginfo_t how{};
    if (::waitid(P_PID, static_cast<id_t>(child_), &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid != 0) break;
    ::poll(nullptr, 0, 5);
  }
  kill_now();
  return code_;
}

}  // namespace stoker::git
