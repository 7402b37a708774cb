// A socket that serves objects in memory, on a loop and a thread of its own, for tests of clients and commands. What a
// test asks of the store it asks on that loop.
#pragma once

#include "host/api/object_client.hpp"
#include "host/api/object_server.hpp"
#include "host/api/own_socket.hpp"
#include "host/config/kinds.hpp"
#include "tests/support/memory_store.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <future>
#include <stdexcept>
#include <thread>

namespace stoker::host::testing {

class ServedObjects {
 public:
  explicit ServedObjects(ObjectServerLimits limits = {}) {
    store.check = check_object;
    ObjectServerParts parts{loop.get_executor(), store, workers, ModuleLog()};
    parts.beside = [this](std::string at) { return document_at(std::move(at)); };
    auto made = ObjectServer::listen(std::move(parts), path(), limits);
    server = std::move(made).value();
    asio::co_spawn(loop, server->serve(), [this](std::exception_ptr failure) { ended = !failure; });
    thread = std::thread([this] { loop.run(); });
  }
  ~ServedObjects() { stop(); }
  ServedObjects(const ServedObjects&) = delete;
  ServedObjects& operator=(const ServedObjects&) = delete;

  std::filesystem::path path() const { return folder.path() / "stoker.sock"; }
  ObjectClient client() const { return ObjectClient(path(), std::chrono::seconds(20)); }
  // Runs it on the loop of the store, and waits for its answer.
  template <class Ask>
  auto on_loop(Ask ask) {
    std::packaged_task<decltype(ask())()> task(std::move(ask));
    auto answer = task.get_future();
    asio::post(loop, [&task] { task(); });
    return answer.get();
  }
  void put(const std::string& resource, const std::string& document) {
    const auto stored = on_loop([&] { return store.insert_now(resource, document); });
    if (!stored) throw std::runtime_error(stored.error().message);
  }
  void patch(const ObjectKey& key, Part part, const std::string& patch) {
    const auto stored = on_loop([&] { return store.patch_now(key, part, patch); });
    if (!stored) throw std::runtime_error(stored.error().message);
  }
  json::value stored(const ObjectKey& key) {
    return on_loop([&] {
      const Object* object = store.find(key);
      return object ? json::parse(object->document) : json::value();
    });
  }
  // Does nothing when it was stopped already.
  void stop() {
    if (!thread.joinable()) return;
    asio::post(loop, [this] {
      server->stop();
      work.reset();
    });
    thread.join();
    server.reset();
  }

  std::map<std::string, std::string> documents;  // by path, of what is served beside the objects; ask on the loop
  test::TempFolder folder;
  asio::io_context loop{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{loop.get_executor()};
  Workers workers{loop.get_executor(), 2};
  MemoryStore store;
  std::unique_ptr<ObjectServer> server;
  std::thread thread;
  bool ended = false;

 private:
  Async<std::string> document_at(std::string at) {
    const auto found = documents.find(at);
    if (found == documents.end()) co_return Error(errc::not_found, "there is nothing at " + at, "api.no-path");
    co_return found->second;
  }
};

inline const ObjectKey line_a{resource::gateway_syncs, "default", "line-a"};
inline const ObjectKey press_1{resource::sync_targets, "default", "press-1"};

inline std::string sync_document(const std::string& name, const std::string& more_metadata = "",
                                 const std::string& more_spec = "") {
  return R"({"apiVersion":"stoker.io/v1alpha1","kind":"GatewaySync","metadata":{"name":")" + name +
         R"(","namespace":"default")" + more_metadata +
         R"(},"spec":{"git":{"repo":"https://git.example.com/a.git","ref":"main"},"sync":{"profiles":{"line":{"mappings":[)"
         R"({"source":"projects","destination":"projects"}]}}})" +
         more_spec + "}}";
}

inline std::string target_document(const std::string& name, const std::string& sync, std::uint64_t token) {
  return R"({"apiVersion":"stoker.io/v1alpha1","kind":"SyncTarget","metadata":{"name":")" + name +
         R"(","namespace":"default","labels":{"stoker.io/sync":")" + sync + R"("}},"spec":{"format":1,"sync":")" +
         sync + R"(","token":)" + std::to_string(token) + R"(,"revision":"4cd1a2b3c4d5e6f708192a3b4c5d6e7f80912345"}})";
}

}  // namespace stoker::host::testing
