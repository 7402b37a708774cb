// The unix socket at which a process listens: it has a path for which no other process listens, and group members may
// connect. What a dead process left there is replaced. A value that owns the socket; at its end the path is free again.
// [event loop]
#pragma once

#include "host/base/file.hpp"

#include <filesystem>

namespace stoker::host {

// The longest path that the system takes.
inline constexpr std::size_t socket_path_max = 107;

// Where the socket of a host with this state folder is.
inline std::filesystem::path socket_in(const std::filesystem::path& state) { return state / "stoker.sock"; }

// The refusal of a longer path; nothing for one that fits.
Result<void> check_socket_path(const std::filesystem::path& path);

class OwnSocket {
 public:
  // conflict "socket.taken": another process listens there, or something stands there that is no socket.
  static Result<OwnSocket> listen(const std::filesystem::path& path);
  OwnSocket(OwnSocket&&) noexcept = default;
  OwnSocket& operator=(OwnSocket&&) = delete;
  ~OwnSocket();

  // The listening descriptor, for whoever accepts; the path stays with this. Call it once.
  int release() { return listener_.release(); }

 private:
  OwnSocket(std::filesystem::path path, Descriptor lock, Descriptor listener)
      : path_(std::move(path)), lock_(std::move(lock)), listener_(std::move(listener)) {}
  std::filesystem::path path_;
  Descriptor lock_;  // of a file beside the socket, held as long as this process listens; -1 after a move
  Descriptor listener_;
};

}  // namespace stoker::host
