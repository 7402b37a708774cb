#include "child_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace stoker::git {
namespace {

constexpr std::size_t said_bytes_max = 16384, remark_bytes_max = 300;
constexpr std::chrono::milliseconds grace{300};  // time for the child to end by itself when it is not needed any more
constexpr int slice_ms = 50;                     // how late its end, or a cancel, is noticed

Error internal(std::string_view what, int why) {
  return Error(errc::exhausted, "git: " + std::string(what) + ": " + std::strerror(why), "git.internal");
}

std::string path_of_environment() {
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/local/bin:/usr/bin:/bin";
}

std::string found(const std::string& name) {
  const std::string path = path_of_environment();
  for (std::string_view folders = path; !folders.empty();) {
    const std::string_view folder = folders.substr(0, folders.find(':'));
    folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
    std::string file = std::string(folder) + "/" + name;
    if (folder.starts_with('/') && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

void limit(int what, std::uint64_t bytes) {
  const rlimit most{bytes, bytes};
  if (bytes > 0) ::setrlimit(static_cast<__rlimit_resource_t>(what), &most);
}

// Runs in the child after the fork, so only functions that are allowed there are called. The child gets its own process
// group, default signals, and no open descriptors but those that it communicates on.
[[noreturn]] void become(const char* file, char* const* arguments, char* const* environment, const Program& program,
                         pid_t parent, int socket, int errors) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  ::signal(SIGXFSZ, SIG_IGN);  // then a file that is too large is an error that the child reports
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Moves the descriptors above the numbers that they are copied to: they may be low when this process was started
  // without standard input or output.
  socket = ::fcntl(socket, F_DUPFD, 10);
  errors = ::fcntl(errors, F_DUPFD, 10);
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(program.on_third ? nothing : socket, 0);
  ::dup2(program.on_third ? nothing : socket, 1);
  ::dup2(errors, 2);
  if (program.on_third) ::dup2(socket, 3);
  ::close_range(program.on_third ? 4 : 3, ~0u, 0);
  limit(RLIMIT_AS, program.memory_max);
  limit(RLIMIT_FSIZE, program.file_max);
  ::execve(file, arguments, environment);
  ::_exit(127);
}

pid_t spawn(const std::string& file, const Program& program, int socket, int errors) {
  std::vector<std::string> arguments = program.arguments, environment = program.environment;
  environment.insert(environment.end(), {"PATH=" + path_of_environment(), "LC_ALL=C"});
  const auto argument_pointers = pointers(arguments), environment_pointers = pointers(environment);
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no signal handler of this process runs in the child
  const pid_t parent = ::getpid(), child = ::fork();
  if (child == 0)
    become(file.c_str(), argument_pointers.data(), environment_pointers.data(), program, parent, socket, errors);
  const int why = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = why;
  if (child > 0) ::setpgid(child, child);
  return child;
}

}  // namespace

Result<std::unique_ptr<ChildStream>> ChildStream::start(const Program& program, const Bound& bound) {
  const std::string& name = program.arguments.front();
  const std::string file = found(name);
  if (file.empty())
    return Error(errc::invalid, "git: there is no program " + name + "; " + program.remedy, program.missing_code);
  int talk[2], errors[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) return internal("socketpair", errno);
  if (::pipe2(errors, O_CLOEXEC) != 0) {
    const int why = errno;
    ::close(talk[0]);
    ::close(talk[1]);
    return internal("pipe", why);
  }
  ::fcntl(talk[0], F_SETFL, O_NONBLOCK);  // only the ends of this process; the child expects blocking ones
  ::fcntl(errors[0], F_SETFL, O_NONBLOCK);
  const pid_t child = spawn(file, program, talk[1], errors[1]);
  const int why = errno;
  ::close(talk[1]);
  ::close(errors[1]);
  std::unique_ptr<ChildStream> stream(new ChildStream(child, talk[0], errors[0], bound));
  if (child < 0) return internal(name, why);
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

// Reads the available error output; false at its end. Output past the limit is dropped, so that the child never blocks.
bool ChildStream::listen() {
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(errors_, part, sizeof part);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    const std::size_t room = said_bytes_max - std::min(said_.size(), said_bytes_max);
    said_.append(part, std::min(static_cast<std::size_t>(got), room));
    if (!bound_.check()) return true;  // the child may write without end
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
    if (errno == ECONNRESET) return std::size_t{0};  // the child ended without reading all its input
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

std::string ChildStream::last_line() const {
  std::string_view text = said_;
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with('\0')) text.remove_suffix(1);
  if (const auto end = text.rfind('\n'); end != text.npos) text.remove_prefix(end + 1);
  std::string line(text.substr(0, remark_bytes_max));
  for (char& c : line)
    if (c < ' ' || c > 0x7e) c = '?';
  return line.empty() ? "it said nothing" : line;
}

Result<int> ChildStream::ended() {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
  while (errors_ >= 0) {
    if (auto may = bound_.check(); !may) return std::move(may).error();
    pollfd wait{errors_, POLLIN, 0};
    if (::poll(&wait, 1, slice_ms) > 0 && !listen()) ::close(std::exchange(errors_, -1));
  }
  // The error output is closed, so the child is ending. If it does not, it is killed after a moment.
  for (auto end = std::chrono::steady_clock::now() + grace; child_ > 0 && std::chrono::steady_clock::now() < end;) {
    siginfo_t how{};
    if (::waitid(P_PID, static_cast<id_t>(child_), &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid != 0) break;
    ::poll(nullptr, 0, 5);
  }
  kill_now();
  return code_;
}

}  // namespace stoker::git
