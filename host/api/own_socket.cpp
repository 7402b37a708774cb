// A lock beside the socket decides who may replace it, so that two processes that start together cannot both find it
// stale.
#include "host/api/own_socket.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace stoker::host {
namespace {

constexpr mode_t mode = 0660;
constexpr int backlog = 64;
constexpr const char* taken = "socket.taken";

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  std::copy_n(text.begin(), std::min(text.size(), socket_path_max), address.sun_path);
  return address;
}

Descriptor new_socket() { return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

const sockaddr* plain(const sockaddr_un& address) { return reinterpret_cast<const sockaddr*>(&address); }

// "process 17", which listens at the address; empty when nobody does.
std::string listener_at(const sockaddr_un& address) {
  const Descriptor probe = new_socket();
  if (::connect(probe.get(), plain(address), sizeof address) != 0 && errno != EAGAIN) return {};
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) return "another process";
  return "process " + std::to_string(peer.pid);
}

Error taken_by(const std::filesystem::path& path, const std::string& whom) {
  return {errc::conflict,
          path.string() + ": " + whom + " serves this socket already; one `stoker run` uses a state folder at a time",
          taken};
}

// Takes away the socket of a process that is gone.
Result<void> make_room(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) {
    if (errno == ENOENT) return {};
    return file_error(path, "cannot look at it");
  }
  if (!S_ISSOCK(about.st_mode))
    return Error(errc::conflict,
                 path.string() + ": something that is no socket stands where the socket belongs; remove it", taken);
  if (const std::string whom = listener_at(address); !whom.empty()) return taken_by(path, whom);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return file_error(path, "cannot remove the socket of a dead process");
  return {};
}

}  // namespace

Result<void> check_socket_path(const std::filesystem::path& path) {
  const std::size_t bytes = path.native().size();
  if (bytes <= socket_path_max) return {};
  return Error(errc::invalid,
               path.string() + ": the path of a socket has at most " + std::to_string(socket_path_max) +
                   " bytes, and this one has " + std::to_string(bytes) + "; use a shorter state folder",
               "socket.path");
}

Result<OwnSocket> OwnSocket::listen(const std::filesystem::path& path) {
  if (auto fits = check_socket_path(path); !fits) return std::move(fits).error();
  const std::filesystem::path beside = path.string() + ".lock";
  const sockaddr_un address = address_of(path);
  Descriptor lock(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.is_open()) return file_error(beside, "cannot open it");
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string whom = listener_at(address);
    return taken_by(path, whom.empty() ? "another process" : whom);
  }
  if (auto room = make_room(path, address); !room) return std::move(room).error();
  Descriptor listener = new_socket();
  if (!listener.is_open()) return file_error(path, "cannot make a socket");
  // Between bind and chmod nobody may connect who may not later: the mode is set before, and the umask only takes from
  // it.
  if (::fchmod(listener.get(), mode) != 0 || ::bind(listener.get(), plain(address), sizeof address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(listener.get(), backlog) != 0)
    return file_error(path, "cannot listen");
  return OwnSocket(path, std::move(lock), std::move(listener));
}

OwnSocket::~OwnSocket() {
  if (lock_.is_open()) ::unlink(path_.c_str());
}

}  // namespace stoker::host
