#include "host/agent/agent.hpp"

#include "host/agent/journals.hpp"

#include <algorithm>

namespace stoker::host {

namespace {
constexpr std::chrono::seconds open_again_after{10}, disk_deadline{60};
}

Agent::Agent(AgentParts parts, TargetDirectory& directory, WhenOpen when_open)
    : parts_(parts),
      directory_(directory),
      when_open_(std::move(when_open)),
      log_(parts.services.log.module("stoker")),
      tasks_(parts.loop, log_) {
  directory_.when_changed([this](const std::string& name) { follow_directory(name); });
}

Agent::~Agent() = default;

// ---------------------------------------------------------------- opening

Async<void> Agent::open(const std::string& name, bool late) {
  const TargetConfig* config = directory_.find(name);
  if (!config) co_return Error(errc::not_found, "there is no target " + name, "agent.target");
  auto opened = co_await open_target(parts_, *config, opening_ == Opening::recover);
  Served& served = targets_[name];
  if (!opened) {
    served.why_not = opened.error();
    co_return std::move(opened).error();
  }
  served.why_not.reset();
  served.opened = std::move(opened).value();
  const auto& kept = served.opened->lane->target().memory.assignment();
  config = directory_.find(name);  // the target may be gone in the meantime
  if (config) when_open_(*config, kept ? kept->token : 0, late);
  co_return Result<void>();
}

Async<void> Agent::open_all(Opening opening) {
  opening_ = opening;
  if (opening == Opening::recover) co_await keep_names();
  Result<void> first;
  std::vector<std::string> names;  // the directory may change while a target is opened
  for (const TargetConfig* config : directory_.all()) names.push_back(config->name);
  for (const std::string& name : names) {
    auto opened = co_await open(name, false);
    if (opened) continue;
    log_.error("a target cannot be opened",
               {{"target", name}, {"why", opened.error().message}, {"code", opened.error().code}});
    if (first) first = std::move(opened);
  }
  co_return first;
}

// ---------------------------------------------------------------- journals of other targets

asio::awaitable<std::vector<KnownTarget>> Agent::known_targets() {
  auto read = [state = parts_.config.state](const CallState&) { return read_known_targets(state); };
  const CallLimits limits(disk_deadline);
  auto known = co_await parts_.workers.call<std::vector<KnownTarget>>("known targets", limits, std::move(read));
  if (known) co_return std::move(known).value();
  log_.error("journals of targets that left the configuration cannot be looked for", {{"why", known.error().message}});
  co_return std::vector<KnownTarget>();
}

asio::awaitable<void> Agent::write_known(std::vector<KnownTarget> known) {
  auto write = [state = parts_.config.state, known = std::move(known)](const CallState&) {
    return write_known_targets(state, known);
  };
  const CallLimits limits(disk_deadline);
  auto written = co_await parts_.workers.call<void>("known targets", limits, std::move(write));
  if (!written) log_.error("the list of known targets cannot be written", {{"why", written.error().message}});
}

// Before a target can have a journal its folder is known, for a process that finds it out of the configuration.
asio::awaitable<void> Agent::keep_names() {
  const std::vector<const ModuleConfig*> strategies = parts_.factory.of_kind(STOKER_STRATEGY_ID);
  if (strategies.empty()) co_return;
  std::vector<KnownTarget> known = co_await known_targets();
  for (const TargetConfig* target : directory_.all()) {
    std::erase_if(known, [&](const KnownTarget& each) { return each.data == target->data; });
    known.push_back({target->name, target->sync, target->data, *strategies.front()});
    names_kept_.insert(target->data);
  }
  co_await write_known(std::move(known));
}

asio::awaitable<std::vector<std::pair<KnownTarget, Error>>> Agent::finish_others(bool forget) {
  std::vector<std::pair<KnownTarget, Error>> unfinished;
  std::set<std::filesystem::path> here;
  for (const TargetConfig* target : directory_.all()) here.insert(target->data);
  std::vector<KnownTarget> known = co_await known_targets();
  std::set<std::filesystem::path> over;
  for (const KnownTarget& target : known) {
    if (here.contains(target.data)) continue;
    auto finished = co_await finish_known(parts_, target);
    if (finished) {
      over.insert(target.data);
      continue;
    }
    log_.error("a target that is not in the configuration cannot be finished", {{"why", finished.error().message}});
    unfinished.emplace_back(target, std::move(finished).error());
  }
  std::erase_if(known, [&](const KnownTarget& each) { return over.contains(each.data); });
  if (forget && !over.empty()) co_await write_known(std::move(known));
  co_return unfinished;
}

asio::awaitable<void> Agent::wake_all() {
  for (auto& [name, served] : targets_)
    if (served.opened) co_await served.opened->lane->wake_up();
}

// ---------------------------------------------------------------- trying again

// True when it is open.
asio::awaitable<bool> Agent::keep_opening(std::string name, std::stop_token stop) {
  std::string said;
  while (!targets_.at(name).opened) {
    const bool go_on = co_await pause_for(parts_.services.clock, open_again_after, stop);
    if (!go_on) co_return false;
    auto opened = co_await open(name, true);
    if (opened) {
      log_.info("the target is open now", {{"target", name}});
      break;
    }
    if (opened.error().message != said)
      log_.warning("the target still cannot be opened; it is tried again",
                   {{"target", name}, {"why", opened.error().message}, {"code", opened.error().code}});
    said = opened.error().message;
  }
  co_return true;
}

// ---------------------------------------------------------------- running

asio::awaitable<void> Agent::work(std::stop_token stop) {
  stop_ = stop;
  working_ = true;
  std::stop_callback on_stop(stop, [this] {
    asio::post(parts_.loop, [this] {
      for (auto& [name, served] : targets_) served.stop.request_stop();
    });
  });
  for (const TargetConfig* config : directory_.all()) begin_to_serve(config->name);
  Wakeup stopped(parts_.loop, parts_.services.clock);
  while (!stop.stop_requested())
    (void)co_await stopped.until(std::nullopt, stop);  // targets may be added and removed until then
  co_await tasks_.all();
  working_ = false;
}

void Agent::begin_to_serve(const std::string& name) {
  Served& served = targets_[name];
  if (served.serving) return;
  served.serving = true;
  served.stop = {};
  tasks_.spawn("target " + name, serve(name));
}

// Runs until the target is gone or the process stops.
asio::awaitable<void> Agent::serve(std::string name) {
  const std::stop_token stop = targets_.at(name).stop.get_token();
  const TargetConfig* config = directory_.find(name);
  if (config && opening_ == Opening::recover && !names_kept_.contains(config->data)) co_await keep_names();
  const bool open = co_await keep_opening(name, stop);
  if (open) {
    TargetLane& lane = *targets_.at(name).opened->lane;
    Tasks both(parts_.loop, log_);
    both.spawn("Runs of " + name, lane.work(stop));
    both.spawn("assignments of " + name, lane.follow(stop));
    co_await both.all();
  }
  Served& served = targets_.at(name);
  served.serving = false;
  if (stop_.stop_requested()) co_return;  // `end` ends what is open
  std::unique_ptr<OpenedTarget> opened = std::move(served.opened);
  targets_.erase(name);
  if (opened) say_unclean_end(co_await opened->end());
  opened.reset();                                   // releases the lock on the data folder
  if (directory_.find(name)) begin_to_serve(name);  // the target was added again in the meantime
}

void Agent::follow_directory(const std::string& name) {
  if (!working_ || stop_.stop_requested()) return;
  const auto served = targets_.find(name);
  // a target that changed is closed and opened again with its new configuration
  if (served != targets_.end() && served->second.serving)
    served->second.stop.request_stop();
  else if (directory_.find(name))
    begin_to_serve(name);
}

asio::awaitable<void> Agent::end() {
  for (auto& [name, served] : targets_)
    if (served.opened) say_unclean_end(co_await served.opened->end());
}

void Agent::say_unclean_end(const Result<void>& ended) const {
  if (!ended) log_.warning("an instance of a plugin could not be ended cleanly", {{"why", ended.error().message}});
}

// ---------------------------------------------------------------- what is asked

bool Agent::ready() const {
  const auto targets = directory_.all();
  return std::all_of(targets.begin(), targets.end(), [this](const TargetConfig* target) {
    const TargetLane* open = lane(target->name);
    return open && open->whole();
  });
}

const Error* Agent::why_not_open(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() || !found->second.why_not ? nullptr : &*found->second.why_not;
}

TargetLane* Agent::lane(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() || !found->second.opened ? nullptr : found->second.opened->lane.get();
}

}  // namespace stoker::host
