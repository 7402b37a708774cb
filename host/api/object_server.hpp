// Serves the objects of this process to others over a unix socket: HTTP as a Kubernetes API server speaks it, with
// watches. Whoever may connect may write; the user at the other end is who wrote. The owner awaits `serve`, which
// returns when the last connection is closed. [event loop]
#pragma once

#include "host/calls/workers.hpp"
#include "host/objects/object_store.hpp"
#include "host/offered/log.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace stoker::host {

struct ObjectServerParts {
  // The JSON text at a path where no object is ("/stoker/v1/…"); not_found: there is none.
  using Beside = std::function<Async<std::string>(std::string path)>;

  asio::any_io_executor loop;
  ObjectStore& store;
  Workers& workers;  // on which the names of users are asked for
  ModuleLog log;
  Beside beside = {};  // read only; may be empty
};

struct ObjectServerLimits {
  std::size_t connections_max = 64;  // one that waits for a request makes room for a new one
  std::size_t watches_max = 32;      // of the connections
  std::size_t header_bytes_max = 16384;
  std::size_t body_bytes_max = 1u << 20;
  std::chrono::milliseconds request{30'000};  // for a client to send a whole request, or its next one
  std::chrono::milliseconds reply{30'000};    // for a client to take an answer, or the next lines of a watch
};

class ObjectServer {
 public:
  // Listens at this path. conflict "socket.taken": another process does.
  static Result<std::unique_ptr<ObjectServer>> listen(ObjectServerParts parts, const std::filesystem::path& path,
                                                      ObjectServerLimits limits = {});
  ~ObjectServer();
  ObjectServer(const ObjectServer&) = delete;
  ObjectServer& operator=(const ObjectServer&) = delete;

  // Answers until `stop`. Call it once; the server must outlive it.
  asio::awaitable<void> serve();
  void stop();

 private:
  struct Listener;
  explicit ObjectServer(std::unique_ptr<Listener> listener);
  std::unique_ptr<Listener> listener_;
};

}  // namespace stoker::host
