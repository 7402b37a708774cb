#include "host/agent/agent.hpp"

#include "host/agent/journals.hpp"

#include <algorithm>

namespace stoker::host {

using std::chrono::milliseconds;

namespace {
constexpr std::chrono::seconds open_again_after{10}, disk_deadline{60};
}

Agent::Agent(AgentParts parts, TargetDirectory& directory, WhenOpen when_open)
    : parts_(parts),
      directory_(directory),
      when_open_(std::move(when_open)),
      log_(parts.services.log.module("stoker")),
      tasks_(parts.loop, log_),
      gateways_(parts.services.metrics) {
  directory_.when_changed([this](const std::string& name) { follow_directory(name); });
}

Agent::~Agent() = default;

// ---------------------------------------------------------------- opening

Async<void> Agent::open(const std::string& name, bool late) {
  const TargetConfig* config = directory_.find(name);
  if (!config) co_return Error(errc::not_found, "there is no target " + name, "agent.target");
  // Once in a process: a journal that could not be finished now is finished by the first Run, or by the next process.
  const bool recovers = opening_ == Opening::recover && !std::exchange(targets_[name].was_recovered, true);
  auto opened = co_await open_target(parts_, *config, recovers);
  Served& served = targets_[name];
  if (!opened) {
    served.why_not = opened.error();
    co_return std::move(opened).error();
  }
  served.why_not.reset();
  served.opened = std::move(opened).value();
  Target& target = served.opened->lane->target();
  target.observed = [this, name](const Facts& facts) {
    gateways_.observe(name, facts, parts_.services.clock.monotonic_ms());
  };
  const auto& kept = target.memory.assignment();
  config = directory_.find(name);  // the target may be gone in the meantime
  if (config && kept && kept->target == name) parts_.exchange.start_from(*kept, unwritten_tokens_max);
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

asio::awaitable<bool> Agent::change_known(std::function<void(std::vector<KnownTarget>&)> change) {
  auto write = [state = parts_.config.state, change = std::move(change)](const CallState&) {
    return change_known_targets(state, change);
  };
  const CallLimits limits(disk_deadline);
  auto written = co_await parts_.workers.call<void>("known targets", limits, std::move(write));
  if (!written)
    log_.error(
        "the list of known targets cannot be written; a journal of one that leaves the configuration is not found",
        {{"why", written.error().message}, {"code", written.error().code}});
  co_return bool(written);
}

// Before a target can have a journal its folder is known, for a process that does not find it in the configuration.
asio::awaitable<void> Agent::keep_names() {
  const std::vector<const ModuleConfig*> strategies = parts_.factory.of_kind(STOKER_STRATEGY_ID);
  if (strategies.empty()) co_return;
  std::vector<KnownTarget> here;
  for (const TargetConfig* target : directory_.all())
    here.push_back({target->name, target->sync, target->data, *strategies.front()});
  auto add = [here](std::vector<KnownTarget>& known) {
    std::map<std::filesystem::path, const KnownTarget*> wanted;
    for (const KnownTarget& target : here) wanted.emplace(target.data, &target);
    std::erase_if(known, [&](const KnownTarget& each) { return wanted.contains(each.data); });
    const std::size_t room = known_targets_max - std::min(known_targets_max, here.size());
    if (known.size() > room) known.erase(known.begin(), known.end() - static_cast<std::ptrdiff_t>(room));
    known.insert(known.end(), here.begin(), here.end());
  };
  const bool kept = co_await change_known(std::move(add));
  if (!kept) co_return;
  for (const KnownTarget& target : here) names_kept_.insert(target.data);
}

asio::awaitable<std::vector<std::pair<KnownTarget, Error>>> Agent::finish_others(bool forget) {
  std::vector<std::pair<KnownTarget, Error>> unfinished;
  auto read = [state = parts_.config.state](const CallState&) { return read_known_targets(state); };
  const CallLimits limits(disk_deadline);
  auto known = co_await parts_.workers.call<std::vector<KnownTarget>>("known targets", limits, std::move(read));
  if (!known) {
    log_.error("journals of targets that left the configuration cannot be looked for",
               {{"why", known.error().message}, {"code", known.error().code}});
    co_return unfinished;
  }
  std::set<std::filesystem::path> here, over;
  for (const TargetConfig* target : directory_.all()) here.insert(target->data);
  for (const KnownTarget& target : *known) {
    if (here.contains(target.data)) continue;
    auto found = co_await finish_known(parts_, target);
    if (found && *found == Finished::closed) over.insert(target.data);
    if (found) continue;
    log_.error("a target that is not in the configuration cannot be finished",
               {{"why", found.error().message}, {"code", found.error().code}});
    unfinished.emplace_back(target, std::move(found).error());
  }
  if (!forget || over.empty()) co_return unfinished;
  auto remove = [over](std::vector<KnownTarget>& all) {
    std::erase_if(all, [&](const KnownTarget& each) { return over.contains(each.data); });
  };
  const bool removed = co_await change_known(std::move(remove));
  (void)removed;  // they are looked at once more at the next start
  co_return unfinished;
}

asio::awaitable<void> Agent::wake_all() {
  for (auto& [name, served] : targets_)
    if (served.opened) co_await served.opened->lane->wake_up();
}

// ---------------------------------------------------------------- trying again

// True when it is open. A newer Assignment is a reason to try at once: perhaps somebody has mended what was in the way.
asio::awaitable<bool> Agent::keep_opening(std::string name, std::stop_token stop) {
  Wakeup wakeup(parts_.loop, parts_.services.clock);
  const Exchange::Bell bell = parts_.exchange.changed(name, [&wakeup] { wakeup.ring(); });
  std::string said;
  while (!targets_.at(name).opened) {
    co_await tell_why_not_open(name);
    const std::int64_t again = parts_.services.clock.monotonic_ms() + milliseconds(open_again_after).count();
    const bool go_on = co_await wakeup.until(again, stop);
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

asio::awaitable<void> Agent::tell_why_not_open(std::string target) {
  const Error* why = why_not_open(target);
  if (!why) co_return;
  AgentStand stand;
  stand.why_not_open = *why;
  auto told = co_await parts_.exchange.tell_stand(target, std::move(stand));
  if (!told)
    log_.warning("that a target cannot be opened could not be said; it is tried again",
                 {{"target", target}, {"why", told.error().message}});
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
  opened.reset();  // releases the lock on the data folder
  if (directory_.find(name))
    begin_to_serve(name);  // the target was added again in the meantime
  else
    gateways_.forget(name);
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
