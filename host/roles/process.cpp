#include "host/roles/process.hpp"

#include "host/loading/installed.hpp"

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

// A peer that went away and a file that may not grow end a call, not the process.
void take_as_errors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

Result<void> load_modules(Process& process, const std::vector<Manifest>& installed, bool despite_faults) {
  process.left_out = process.factory.load(installed);
  if (process.left_out.empty() || despite_faults) return {};
  std::string lines;
  for (const Error& failure : process.left_out)
    lines += "stoker: " + failure.message + (failure.code.empty() ? "" : " [" + failure.code + "]") + "\n";
  return Error(errc::incompatible, lines, "config.modules");
}

}  // namespace

Process::Process(Config c)
    : config(std::move(c)),
      log(log_settings(config.log, clock)),
      factory(config, Services{log, clock, metrics}),
      role(loop, config, factory, Services{log, clock, metrics}) {}

Result<std::unique_ptr<Process>> make_process(const ProcessOptions& options, std::ostream& err) {
  const std::vector<Manifest> installed = installed_plugins(options.plugins, libraries_named(options.config), err);
  LoadedConfig loaded = load_config(options.config, schemas_of(installed));
  if (!loaded.config) return Error(errc::invalid, loaded.errors.text(), "config.invalid");
  auto process = std::make_unique<Process>(std::move(*loaded.config));
  if (auto done = load_modules(*process, installed, options.despite_faults); !done) return std::move(done).error();
  take_as_errors();
  return process;
}

}  // namespace stoker::host
