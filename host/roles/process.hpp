// What a process of any role is made of, in the order in which it is made; it ends in the opposite order. A command
// makes it, runs its loop, and destroys it. [main thread]
#pragma once

#include "host/calls/last_calls.hpp"
#include "host/config/kinds.hpp"
#include "host/roles/standalone.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <iosfwd>

namespace stoker::host {

struct ProcessOptions {
  std::filesystem::path config;
  std::vector<std::filesystem::path> plugins;  // folders
  std::string calls_file = "last-calls";       // in the state folder: see host/calls/last_calls.hpp; empty: none
  bool despite_faults = false;                 // modules that cannot be loaded are left out, and kept in `left_out`
};

struct Process {
  Config config;
  LastCalls last_calls;
  SystemClock clock;
  Log log;
  Metrics metrics;
  KindsService kinds;
  asio::io_context loop{1};
  ModuleFactory factory;
  Standalone role;
  std::vector<Error> left_out;  // why a required module could not be loaded

  // `calls_file`: where the running calls of plugins are kept; empty: in memory only.
  Process(Config c, const std::filesystem::path& calls_file);
};

// A peer that went away and a file that may not grow end a call, not the process. [main thread, before the loop]
void take_as_errors();

// Reads the configuration, loads the modules and wires the role. `invalid`: the configuration has mistakes; any other
// kind: a module could not be loaded. The error's message has one line for each. `err` is told of broken plugin files.
// When the process before died, its log says in which call of which plugin.
Result<std::unique_ptr<Process>> make_process(const ProcessOptions& options, std::ostream& err);

}  // namespace stoker::host
