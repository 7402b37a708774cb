// What a part of the host is made with, for tests of such a part: an event loop with one worker, services, a
// configuration with folders of its own, and a factory whose modules are classes of the test. Time stands still until
// the test advances it. The thread of the test is the loop's, while it waits here.
#pragma once

#include "host/calls/module_factory.hpp"
#include "tests/support/host_loop.hpp"
#include "tests/support/temp_folder.hpp"

#include <stoker/plugin.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace stoker::host::testing {

// Classes of the test as a plugin that lies in the test itself.
template <class... Kinds>
struct LinkedPlugin : PluginLibrary {
  LinkedPlugin(const std::string& id, const std::string& use_schema)
      : PluginLibrary(manifest(id, use_schema), &entry) {}

 private:
  static Manifest manifest(const std::string& id, const std::string& use_schema) {
    Manifest made;
    made.id = id;
    made.use_schema = use_schema;
    made.kinds = {std::string(Kinds::kind)...};
    return made;
  }
  static constexpr stoker_plugin entry{sizeof(stoker_plugin), STOKER_ABI_MAJOR, STOKER_ABI_MINOR,     {}, {},
                                       glue::opened,          glue::closed,     glue::query<Kinds...>};
};

// What instances of modules refer to until the last of them is gone: a worker may be the one that lets it go, so this
// outlives the workers.
struct ModuleServices {
  test::TempFolder folder;
  Config config;
  ManualClock clock;
  std::vector<std::string> lines;
  Log log{settings()};
  Metrics metrics;
  std::vector<std::unique_ptr<PluginLibrary>> libraries;
  Services services() { return {log, clock, metrics}; }
  ModuleFactory factory{config, services()};

 private:
  LogSettings settings() {
    LogSettings made;
    made.level = Severity::debug;
    made.sink = [this](std::string_view line) { lines.emplace_back(line); };
    made.clock = &clock;
    return made;
  }
};

class ModuleHost : public ModuleServices, public HostLoop {
 public:
  ModuleHost() : HostLoop(1) {
    config.state = folder.path() / "state";
    config.syncs = folder.path() / "syncs";
    std::filesystem::create_directories(config.syncs);
  }

  // ---- modules; before the part is made that uses them
  template <class... Kinds>
  void link(const std::string& module, const std::string& use_schema = "{}") {
    ModuleConfig& added = config.modules.emplace_back();
    added.name = added.plugin = module;
    libraries.push_back(std::make_unique<LinkedPlugin<Kinds...>>(module, use_schema));
    factory.link(module, *libraries.back());
  }
  void write_secret(const std::string& name, const std::string& key, std::string_view text) {
    const std::filesystem::path file = folder.write("state/secrets/" + name + "/" + key, text);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  // Lines of the log that have this text, from the first on.
  std::size_t logged(std::string_view text) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }

  // ---- the loop
  // Runs the loop until this is so; false: it did not come about within ten seconds.
  template <class Happened>
  bool until(Happened happened) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    loop.restart();
    while (!happened() && std::chrono::steady_clock::now() < end) loop.run_one_for(std::chrono::milliseconds(5));
    return happened();
  }
  // Runs the coroutine to its end while others wait.
  template <class T>
  T get(asio::awaitable<T> coroutine) {
    auto done = asio::co_spawn(loop, std::move(coroutine), asio::use_future);
    EXPECT_TRUE(until([&] { return done.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    return done.get();
  }
  // Runs all that can go on at this moment. There is one worker, so when its next call ends all earlier ones have
  // ended. A Run makes some thirty calls in a row, other parts fewer.
  void settle() {
    for (int i = 0; i < 60; ++i) {
      get(idle());
      loop.restart();
      loop.poll();
    }
  }
  // Lets the time pass in steps of a second, and all that is due with it.
  void pass(std::chrono::seconds time) {
    for (; time.count() > 0; --time) {
      clock.advance(std::chrono::seconds(1));
      settle();
    }
  }
  // What works until `stop`, beside the test.
  void start(asio::awaitable<void> work) {
    ++running_;
    asio::co_spawn(loop, std::move(work), [this](std::exception_ptr thrown) {
      EXPECT_FALSE(thrown) << "a coroutine ended with an exception";
      --running_;
    });
    settle();
  }
  bool working() const { return running_ > 0; }
  // To be called before what works is destroyed.
  void stop_all() {
    stop.request_stop();
    EXPECT_TRUE(until([this] { return !working(); })) << "something did not stop";
  }

  std::stop_source stop;

 private:
  asio::awaitable<void> idle() {
    const CallLimits limits;
    auto nothing = [](const CallState&) { return Result<void>(); };
    (void)co_await workers.call<void>("nothing", limits, std::move(nothing));
  }
  int running_ = 0;
};

}  // namespace stoker::host::testing
