// What a test has of the host beside what it tests: an event loop with workers, instances of modules made on it, and a
// target to run. The thread of the test is the loop's, while it awaits.
#pragma once

#include "host/calls/source_instance.hpp"
#include "host/calls/strategy_instance.hpp"
#include "host/calls/verifier_instance.hpp"
#include "host/run/pipeline.hpp"

#include <stoker/testing/fake_host.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace stoker::host::testing {

class HostLoop {
 public:
  explicit HostLoop(std::size_t threads) : workers(loop.get_executor(), threads) {}
  HostLoop(const HostLoop&) = delete;
  HostLoop& operator=(const HostLoop&) = delete;

  // Runs the loop until the coroutine has ended and nothing is left to do.
  template <class T>
  T await(asio::awaitable<T> coroutine) {
    auto done = asio::co_spawn(loop, std::move(coroutine), asio::use_future);
    loop.restart();
    loop.run();
    return done.get();
  }
  template <class Instance, class Table>
  Result<std::unique_ptr<Instance>> make(const std::string& name, const Table* table, const std::string& config = "{}",
                                         bool reentrant = false) {
    auto core = std::make_shared<InstanceCore>();
    core->module = name;
    core->reentrant = reentrant;
    return await(make_instance<Instance>(workers, core, table, face.raw(), config));
  }
  // As a new process has it: nobody has recovered yet.
  std::unique_ptr<Target> target(TargetMemory memory, SourceInstance& source, StrategyInstance& strategy,
                                 std::vector<VerifierInstance*> verifiers, const Clock& clock) {
    FindSource find_source = [&source](const SourceSpec&) { return give(&source); };
    return std::make_unique<Target>("press-1", workers, std::move(find_source), strategy,
                                    Verifiers(std::move(verifiers)), std::move(memory), clock);
  }

  asio::io_context loop;
  Workers workers;
  stoker::testing::FakeHost face;

 private:
  // The test owns the source, so the pointer owns nothing.
  static Async<std::shared_ptr<SourceInstance>> give(SourceInstance* source) {
    co_return std::shared_ptr<SourceInstance>(std::shared_ptr<void>(), source);
  }
};

// Of press-1 to one folder that keeps its name.
inline Assignment assignment_of(const std::string& revision, const std::string& folder) {
  Assignment a;
  a.sync = "line-a";
  a.target = "press-1";
  a.ref = "main";
  a.revision = revision;
  a.profile.name = "line";
  a.profile.mappings.push_back({folder, folder, MappingType::dir, false});
  return a;
}

}  // namespace stoker::host::testing
