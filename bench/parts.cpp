#include "parts.hpp"

#include "host/loading/installed.hpp"

#include <boost/json.hpp>

#include <iostream>

namespace bench {

namespace json = boost::json;

namespace {

host::ModuleConfig module_of(const std::string& name, const std::string& settings) {
  host::ModuleConfig module;
  module.name = module.plugin = name;
  module.settings = settings;
  return module;
}

host::LogSettings quiet(const host::Clock& clock) {
  host::LogSettings settings;
  settings.level = host::Severity::warning;
  settings.clock = &clock;
  return settings;
}

}  // namespace

host::Config Parts::config_of(const Place& place) {
  host::Config config;
  config.state = place.state();
  config.modules = {module_of("source-git", R"({"allowFile": true, "backend": ")" + place.backend + "\"}"),
                    module_of("strategy-merge", "{}")};
  return config;
}

Parts::Parts(const Place& place)
    : log_(quiet(clock_)),
      config_(config_of(place)),
      modules_(config_, host::Services{log_, clock_, metrics_}),
      workers_(loop_.get_executor(), 4) {
  const auto installed = host::installed_plugins({STOKER_PLUGIN_DIR}, {}, std::cerr);
  for (const stoker::Error& failure : modules_.load(installed)) throw std::runtime_error(failure.message);
  const std::string repo = json::serialize(
      json::object{{"repo", place.repository_url()}, {"submodules", place.submodules}, {"lfs", place.lfs}});
  source_ = await(modules_.source(workers_, config_.modules[0], repo));
  const std::string use = json::serialize(
      json::object{{"target", {{"name", "press-1"}, {"data", place.data.string()}}}, {"folder", ".stoker"}});
  strategy_ = await(modules_.strategy(workers_, config_.modules[1], use));
}

void Parts::end() {
  await(strategy_->end());
  await(source_->end());
}

host::OpenTree Parts::open(const std::string& revision) {
  return await(source_->open(host::CallLimits(std::chrono::minutes(10)), revision));
}

void Parts::close(host::OpenTree tree) { await(source_->close(std::move(tree))); }

host::Briefing Parts::briefing(const std::string& revision) const {
  host::Assignment assignment;
  assignment.sync = "line-a";
  assignment.target = assignment.pod = "press-1";
  assignment.ref = "refs/heads/main";
  assignment.revision = revision;
  assignment.token = 1;
  assignment.profile.name = "line";
  host::Mapping mapping;
  mapping.source = mapping.destination = "projects";
  mapping.type = host::MappingType::dir;
  assignment.profile.mappings = {mapping};
  host::Briefing briefing(assignment);
  briefing.facts.state = host::GatewayState::running;
  return briefing;
}

}  // namespace bench
