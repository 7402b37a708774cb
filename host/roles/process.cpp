#include "host/roles/process.hpp"

#include "host/base/utc_time.hpp"
#include "host/calls/process_guard.hpp"
#include "host/loading/installed.hpp"

#include <string.h>

#include <csignal>

namespace stoker::host {

namespace {

LogSettings log_settings(const LogConfig& config, const Clock& clock) {
  LogSettings settings;
  settings.format = config.json ? LogFormat::json : LogFormat::text;
  settings.level = severity_of(config.level).value_or(Severity::info);
  for (const auto& [module, level] : config.modules)
    settings.modules[module] = severity_of(level).value_or(settings.level);
  settings.clock = &clock;
  return settings;
}

Result<void> load_modules(Process& process, const std::vector<Manifest>& installed, bool despite_faults) {
  process.left_out = process.factory.load(installed);
  if (process.left_out.empty() || despite_faults) return {};
  std::string lines;
  for (const Error& failure : process.left_out)
    lines += "stoker: " + failure.message + (failure.code.empty() ? "" : " [" + failure.code + "]") + "\n";
  return Error(errc::incompatible, lines, "config.modules");
}

// A crash ends the process before it can log: what it left behind is logged by the next one.
void tell_how_the_last_one_died(const LastDeath& before, const ModuleLog& log) {
  if (before.signal == 0 && before.calls.empty()) return;
  const std::string signal = before.signal ? std::string("SIG") + ::sigabbrev_np(before.signal) : "none that was seen";
  for (const LastCall& call : before.calls)
    if (call.crashed)
      log.error("the process before died in a call of a plugin; if it happens again, disable the module or replace it",
                {{"module", call.module},
                 {"call", call.function},
                 {"target", call.target},
                 {"signal", signal},
                 {"since", rfc3339(call.since_ms)}});
  std::string running;
  for (const LastCall& call : before.calls)
    if (!call.crashed) running += (running.empty() ? "" : ", ") + call.module + " " + call.function;
  log.warning("the process before did not end in an orderly way", {{"signal", signal}, {"calls", running}});
}

std::filesystem::path calls_file_in(const Config& config, const std::string& name) {
  if (name.empty()) return {};
  std::error_code failed;  // then calls are kept in memory only
  std::filesystem::create_directories(config.state, failed);
  return config.state / name;
}

}  // namespace

Process::Process(Config c, const std::filesystem::path& calls_file)
    : config(std::move(c)),
      last_calls(calls_file),
      log(log_settings(config.log, clock)),
      factory(config, Services{log, clock, metrics, kinds.table()}),
      role(loop, config, factory, Services{log, clock, metrics, kinds.table()}) {}

void take_as_errors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

Result<std::unique_ptr<Process>> make_process(const ProcessOptions& options, std::ostream& err) {
  const std::vector<Manifest> installed = installed_plugins(options.plugins, libraries_named(options.config), err);
  LoadedConfig loaded = load_config(options.config, schemas_of(installed));
  if (!loaded.config) return Error(errc::invalid, loaded.errors.text(), "config.invalid");
  const std::filesystem::path calls_file = calls_file_in(*loaded.config, options.calls_file);
  auto process = std::make_unique<Process>(std::move(*loaded.config), calls_file);
  name_crashes();
  take_as_errors();
  keep_signal_actions();  // before the first library runs
  tell_how_the_last_one_died(process->last_calls.before(), process->log.module("stoker"));
  if (auto done = load_modules(*process, installed, options.despite_faults); !done) return std::move(done).error();
  return process;
}

}  // namespace stoker::host
