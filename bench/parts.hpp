// The parts of Stoker that a Run is made of, wired as the program wires them: built plugins, loaded by the host's
// loader and called through its workers. No gateway and no memory of the host. Main thread only.
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/values/briefing.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <stdexcept>

namespace bench {

namespace host = stoker::host;

// Where a worker finds its things.
struct Place {
  std::filesystem::path room;  // the repository and the state of the plugins
  std::filesystem::path data;  // the target's
  std::string url = {};        // of the repository, where that is not asked for as a folder
  std::string backend = "libgit2";
  bool submodules = false, lfs = false;
  std::filesystem::path repository() const { return room / "repository"; }
  std::string repository_url() const { return url.empty() ? "file://" + repository().string() : url; }
  std::filesystem::path state() const { return room / "state"; }
};

class Parts {
 public:
  explicit Parts(const Place& place);
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Runs the loop until the coroutine has ended. Throws what it failed with.
  template <class T>
  T await(host::Async<T> work);

  host::StrategyInstance& strategy() { return *strategy_; }
  host::OpenTree open(const std::string& revision);
  void close(host::OpenTree tree);
  void end();  // the last call

  host::Briefing briefing(const std::string& revision) const;

 private:
  static host::Config config_of(const Place& place);
  boost::asio::io_context loop_{1};
  host::SystemClock clock_;
  host::Log log_;
  host::Metrics metrics_;
  host::Config config_;
  host::ModuleFactory modules_;
  host::Workers workers_;
  std::unique_ptr<host::SourceInstance> source_;
  std::unique_ptr<host::StrategyInstance> strategy_;
};

template <class T>
T Parts::await(host::Async<T> work) {
  auto done = boost::asio::co_spawn(loop_, std::move(work), boost::asio::use_future);
  loop_.restart();
  loop_.run();
  stoker::Result<T> result = done.get();
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace bench
