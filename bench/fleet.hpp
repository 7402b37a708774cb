// A fleet in one process: the real controller, exchange, objects and socket, wired as the program wires them, with
// agents that touch no file. The loop has a thread of its own; all functions are for the thread that made it.
#pragma once

#include "fake_agents.hpp"

#include "host/api/object_server.hpp"
#include "host/config/kinds.hpp"
#include "host/controller/controller.hpp"
#include "host/exchange/object_exchange.hpp"
#include "host/objects/platform_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <filesystem>
#include <thread>

namespace bench {

struct FleetSize {
  std::size_t syncs = 1000, targets_of_sync = 10, repositories = 1;
};

class Fleet {
 public:
  Fleet(std::filesystem::path room, FleetSize size);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  void add_syncs();  // as `stoker apply` does
  void start();
  void push();                // one commit to each repository
  void look(bool is_urgent);  // asks for a look at all Syncs
  void pause(std::size_t sync, bool paused);

  bool is_assigned();  // every target has the newest commit of its repository
  bool is_synced();    // and the status of each Sync says so
  std::uint64_t listings() const;
  std::uint64_t version();  // of the store: it grows by one with each write
  std::uint64_t reports();
  std::uint64_t database_bytes() const;
  std::filesystem::path socket() const;
  static std::string sync_name(std::size_t sync);
  static std::string target_name(std::size_t sync, std::size_t target);

 private:
  static host::Config config_of(const std::filesystem::path& room, FleetSize size);
  std::string document_of(std::size_t sync) const;
  std::filesystem::path repository_of(std::size_t sync) const;
  host::Async<void> insert_all();
  template <class T>
  T await(host::asio::awaitable<T> work) {
    return host::asio::co_spawn(loop_, std::move(work), host::asio::use_future).get();
  }
  template <class Ask>
  auto on_loop(Ask ask) {
    std::packaged_task<decltype(ask())()> task(std::move(ask));
    auto answer = task.get_future();
    host::asio::post(loop_, [&task] { task(); });
    return answer.get();
  }

  const std::filesystem::path room_;
  const FleetSize size_;
  std::vector<std::string> newest_;  // by repository
  host::asio::io_context loop_{1};
  host::asio::executor_work_guard<host::asio::io_context::executor_type> busy_{loop_.get_executor()};
  host::SystemClock clock_;
  host::KindsService kinds_;
  host::Log log_;
  host::Metrics metrics_;
  const host::Config config_;
  host::ModuleFactory modules_;
  host::Workers workers_;
  host::TargetDirectory targets_;
  host::SourcePool sources_;
  host::PlatformStore objects_;
  host::ObjectExchange exchange_;
  host::Controller controller_;
  FakeAgents agents_;
  host::Tasks parts_;
  std::unique_ptr<host::ObjectServer> server_;
  std::stop_source stop_;
  std::thread thread_;
};

}  // namespace bench
