#include "host/commands/unusable_config.hpp"

#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"
#include "host/config/known_targets.hpp"
#include "host/loading/installed.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {

namespace {

// A configuration with nothing but what the journals of these targets need.
Config config_for(const std::filesystem::path& state, const std::vector<KnownTarget>& known) {
  Config config;
  config.state = state;
  for (const KnownTarget& target : known) {
    const bool again = std::any_of(config.modules.begin(), config.modules.end(),
                                   [&](const ModuleConfig& module) { return module.name == target.strategy.name; });
    if (!again) config.modules.push_back(target.strategy);
  }
  return config;
}

void finish_journals(const ProcessOptions& options, std::ostream& err) {
  const auto state = state_folder_in(options.config);
  if (!state) {
    err << "stoker: " << options.config.string()
        << ": names no state folder, so nobody can look whether a data folder is half changed\n";
    return;
  }
  const auto known = read_known_targets(*state);
  if (!known) err << "stoker: " << known.error().message << "\n";
  if (!known || known->empty()) return;
  take_as_errors();
  Process process(config_for(*state, *known), {});
  for (const Error& failure : process.factory.load(installed_plugins(options.plugins, {}, err)))
    err << "stoker: " << failure.message << "\n";
  const std::size_t unfinished = one_shot<std::size_t>(
      process, [&](std::stop_token stop) { return process.role.finish_journals(std::move(stop)); });
  if (unfinished > 0) err << "stoker: " << unfinished << " data folder(s) could not be finished; see above\n";
}

}  // namespace

int leave_unusable(const ProcessOptions& options, const Error& why, std::ostream& err) {
  finish_journals(options, err);
  return say_why_not(why, err);
}

}  // namespace stoker::host
