#include "host/controller/controller.hpp"

#include "host/base/utf8.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {
constexpr const char* unusable_sync = "config.sync";
constexpr std::size_t problem_bytes_max = 1024;
constexpr std::chrono::milliseconds write_again_after{5000};
constexpr const char* no_profile = "config.profile";
}  // namespace

Controller::Controller(ControllerParts parts)
    : parts_(parts),
      log_(parts.services.log.module("stoker")),
      tasks_(parts.loop, log_),
      fleet_(parts.exchange, parts.targets, parts.services.clock, parts.services.metrics),
      catalog_(parts.loop, parts.config, parts.services.clock, parts.workers, log_),
      objects_(parts.objects, parts.config, parts.loop, parts.services.clock, log_),
      statuses_(
          parts.objects, parts.loop, parts.services.clock, log_, parts.services.metrics,
          [this](const std::string& sync) { return known(sync); },
          [this](const Object& written, std::uint64_t replaced) { objects_.take_status(written, replaced); }),
      reload_(parts.loop, parts.services.clock),
      objects_changed_(parts.loop, parts.services.clock),
      resolve_seconds_(parts.services.metrics.histogram("stoker_ref_resolve_duration_seconds",
                                                        "Time of one listing of a repository")) {}

Controller::~Controller() = default;

// ---------------------------------------------------------------- statuses

std::optional<SyncStatuses::Known> Controller::known(const std::string& sync) const {
  const Object* object = objects_.object(sync);
  if (!object) return std::nullopt;
  SyncStatuses::Known known;
  known.object = *object;
  // After a start nobody knows yet what the ref means, and the status that is stored says more.
  known.says_nothing_new = fleet_.syncs.contains(sync) && !fleet_.looked.contains(sync) && !fleet_.troubles.of(sync);
  StatusInput& input = known.input;
  const auto spec = fleet_.syncs.find(sync);
  if (spec != fleet_.syncs.end()) input.sync = &spec->second;
  if (const auto found = objects_.unusable().find(sync); found != objects_.unusable().end())
    input.unusable = found->second;
  input.generation = objects_.generation(sync);
  if (const auto found = fleet_.resolved.find(sync); found != fleet_.resolved.end()) input.resolved = found->second;
  input.trouble = fleet_.troubles.of(sync);
  if (const auto looked = fleet_.looked.find(sync); looked != fleet_.looked.end()) input.looked = looked->second;
  for (const TargetConfig* target : parts_.targets.of_sync(sync))
    input.targets.push_back({target->name, target->profile, target->pod.empty() ? target->name : target->pod,
                             target->verify, parts_.exchange.known(target->name),
                             fleet_.troubles.of(trouble_of_target(target->name))});
  input.now_ms = parts_.services.clock.wall_ms();
  return known;
}

// What is known of a target has changed; perhaps somebody wishes something of it.
void Controller::target_changed(const std::string& target) {
  const TargetConfig* config = parts_.targets.find(target);
  if (!config) return;
  statuses_.change(config->sync);
  const TargetRecord* record = parts_.exchange.known(target);
  const bool has_none = !record || !record->assignment;  // somebody removed its object
  if (has_none && fleet_.resolved.contains(config->sync)) {
    unassigned_.insert(config->sync);
    objects_changed_.ring();
  }
  const bool has_tried = record && record->waiting && record->assignment &&
                         record->assignment->waiting.asked == record->waiting->answers_plan;
  if (has_tried && std::exchange(tried_[target], record->waiting->answers_plan) != record->waiting->answers_plan) {
    unassigned_.insert(config->sync);  // perhaps it was the last dry run that was waited for
    objects_changed_.ring();
  }
  TargetWishes now = parts_.exchange.wishes(target);
  TargetWishes& before = wishes_[target];
  if (before == now) return;
  before = std::move(now);
  unassigned_.insert(config->sync);
  objects_changed_.ring();
}

asio::awaitable<void> Controller::write_statuses() {
  for (const std::string& sync : objects_.names()) statuses_.change(sync);
  co_await statuses_.write_all();
}

// ---------------------------------------------------------------- Syncs

Async<void> Controller::open(Opening opening) {
  const bool to_serve = opening == Opening::to_serve;
  if (opening == Opening::only_look) objects_.only_look();
  fleet_.changed = [this](const std::string& sync) { statuses_.change(sync); };
  parts_.exchange.when_changed([this](const std::string& target) { target_changed(target); });
  if (to_serve) co_await catalog_.begin_to_watch();
  co_await read_syncs();
  Result<void> opened;
  if (to_serve) opened = co_await open_triggers();
  co_return opened;
}

// The files are applied to the objects, and the objects are what counts. False: the files could not be read.
asio::awaitable<bool> Controller::read_syncs() {
  std::set<std::string> names = known_names();  // also those that are gone then
  const bool read = co_await catalog_.read();
  auto listed = co_await objects_.read();
  if (!listed)
    log_.error("the GatewaySync objects cannot be read; those of before stay in use",
               {{"why", listed.error().message}, {"code", listed.error().code}});
  applied_ = bool(listed);
  if (read && listed)
    applied_ = co_await objects_.apply(catalog_.syncs());  // what was refused was said, and is on the page
  names.merge(known_names());
  co_await take_syncs(std::move(names), read);
  co_return read;
}

// The Syncs that there are, and those that targets name.
std::set<std::string> Controller::known_names() const {
  std::set<std::string> names = objects_.names();
  for (const auto& [name, sync] : fleet_.syncs) names.insert(name);
  for (const TargetConfig* target : parts_.targets.all()) names.insert(target->sync);
  return names;
}

// These Syncs are others now: new, changed or gone. What this costs grows with them and not with the fleet. `read`: the
// files could be read.
asio::awaitable<void> Controller::take_syncs(std::set<std::string> names, bool read) {
  bool left = false;
  for (const std::string& name : names) left = take_sync(name) || left;
  if (left) end_unused_repositories();
  for (const std::string& name : names) {
    co_await judge_targets(name, read);
    statuses_.change(name);
  }
  co_await objects_.drop_met_requests(std::move(names));
}

// A Sync that cannot be read or used is a trouble of its targets, and of nobody else.
asio::awaitable<void> Controller::judge_targets(std::string sync, bool read) {
  std::vector<TargetConfig> targets;  // a copy: the directory may change while others are told
  for (const TargetConfig* target : parts_.targets.of_sync(sync)) targets.push_back(*target);
  if (!targets.empty() && !fleet_.syncs.contains(sync)) {
    const auto known = objects_.unusable().find(sync);
    const Error why = known == objects_.unusable().end() ? no_sync(sync, read) : known->second;
    const bool is_new = co_await fleet_.troubles.begin(sync, why);
    if (is_new) log_.error("a Sync cannot be used", {{"sync", sync}, {"why", why.message}, {"code", why.code}});
  }
  for (const TargetConfig& target : targets) co_await judge_profile(target);
}

// A profile that its Sync does not have is a trouble of this one target.
asio::awaitable<void> Controller::judge_profile(TargetConfig target) {
  const auto sync = fleet_.syncs.find(target.sync);
  const std::string key = trouble_of_target(target.name);
  if (sync == fleet_.syncs.end() || sync->second.profiles.contains(target.profile)) {
    const Trouble* known = fleet_.troubles.of(key);
    if (known && known->why.code == no_profile) fleet_.troubles.end(key);
    co_return;
  }
  const Error why(errc::invalid,
                  "target " + target.name + ": Sync " + target.sync + " has no profile " + target.profile, no_profile);
  const bool is_new = co_await fleet_.troubles.begin(key, why);
  if (is_new)
    log_.error("a target cannot be used", {{"target", target.name}, {"why", why.message}, {"code", why.code}});
}

const Trouble* Controller::trouble(const TargetConfig& target) const {
  const Trouble* own = fleet_.troubles.of(trouble_of_target(target.name));
  return own ? own : fleet_.troubles.of(target.sync);
}

Error Controller::no_sync(const std::string& name, bool read) const {
  const std::string folder = parts_.config.syncs.string();
  std::string why = "there is no Sync " + name + (folder.empty() ? "" : ", in " + folder + " or from a command") +
                    "; make one with stoker apply -f";
  if (!read)
    why = "the Syncs in " + folder + " could not be read";
  else if (const std::string all = mistakes(); !all.empty())
    why += "; mistakes that were found there:\n" + all;
  return {errc::invalid, why, unusable_sync};
}

std::string Controller::mistakes() const {
  const ConfigErrors& errors = catalog_.syncs().errors;
  return (errors.empty() ? std::string() : errors.text()) + objects_.refused();
}

// Gives the Sync to the lane of its repository; makes the lane when there is none. True: it left another one.
bool Controller::take_sync(const std::string& name) {
  const auto now = objects_.syncs().find(name);
  const bool exists = now != objects_.syncs().end();
  if (const Trouble* trouble = fleet_.troubles.of(name)) {
    const bool is_back = exists && trouble->why.code == unusable_sync;
    if (is_back || parts_.targets.of_sync(name).empty()) fleet_.troubles.end(name);
  }
  RepositoryLane* const before = lane_of_.contains(name) ? lane_of_.at(name) : nullptr;
  if (!exists) {
    forget_sync(name);
    return before != nullptr;
  }
  const SyncSpec& sync = fleet_.syncs.insert_or_assign(name, now->second).first->second;
  fleet_.hints.add(name);
  planned_.try_emplace(name, sync.plan);  // an earlier process saw it
  const auto resolved = fleet_.resolved.find(name);
  if (resolved != fleet_.resolved.end() && !resolved->second.answers(sync)) fleet_.resolved.erase(resolved);
  lane_of_[name] = repository_of(sync.source).lane.get();
  return before && before != lane_of_[name];
}

void Controller::forget_sync(const std::string& name) {
  fleet_.syncs.erase(name);
  fleet_.hints.remove(name);
  fleet_.plans.erase(name);
  fleet_.looked.erase(name);
  fleet_.resolved.erase(name);
  planned_.erase(name);
  lane_of_.erase(name);
}

Controller::Served& Controller::repository_of(const SourceSpec& repository) {
  const auto known = std::find_if(repositories_.begin(), repositories_.end(), [&](const Served& served) {
    return served.lane->repository() == repository && !served.stop.stop_requested();
  });
  if (known != repositories_.end()) return *known;
  Served& made = repositories_.emplace_back();
  made.lane = std::make_unique<RepositoryLane>(repository, fleet_, parts_.sources, parts_.loop, parts_.services.clock,
                                               log_, resolve_seconds_);
  if (working_) begin_to_serve(made);
  return made;
}

void Controller::begin_to_serve(Served& served) { tasks_.spawn("repository", serve(served)); }

// Runs until no Sync uses the repository any more, or the process stops.
asio::awaitable<void> Controller::serve(Served& served) {
  co_await served.lane->work(served.stop.get_token());
  if (!stop_.stop_requested()) repositories_.remove_if([&](const Served& each) { return &each == &served; });
}

void Controller::end_unused_repositories() {
  std::set<const RepositoryLane*> used;
  for (const auto& [name, lane] : lane_of_) used.insert(lane);
  for (Served& served : repositories_)
    if (!used.contains(served.lane.get())) served.stop.request_stop();
}

asio::awaitable<void> Controller::keep_reading(std::stop_token stop) {
  for (;;) {
    std::optional<std::int64_t> again;
    if (!applied_) again = parts_.services.clock.monotonic_ms() + write_again_after.count();
    (void)co_await reload_.until(again, stop);
    if (stop.stop_requested()) co_return;
    const bool asked = std::exchange(reload_asked_, false);
    const bool read = co_await read_syncs();
    if (!read || !asked) continue;
    Hint changed_file;  // without a Sync: a changed file asks for every Sync
    changed_file.reason = "config";
    changed_file.urgent = true;
    hint(changed_file);
  }
}

// Somebody changed objects: their Syncs are looked at, and no other.
asio::awaitable<void> Controller::follow_objects(std::stop_token stop) {
  for (;;) {
    std::optional<std::int64_t> again;
    if (!unassigned_.empty()) again = parts_.services.clock.monotonic_ms() + write_again_after.count();
    (void)co_await objects_changed_.until(again, stop);
    if (stop.stop_requested()) co_return;
    co_await take_changed(std::exchange(changed_, {}));
    for (const std::string& name : std::exchange(unassigned_, {})) {
      auto assigned = co_await assign(fleet_, name, fleet_.hints.token(name), false);
      if (assigned) continue;
      unassigned_.insert(name);
      if (std::exchange(unassigned_why_, assigned.error().message) != assigned.error().message)
        log_.warning("a target of a Sync could not be assigned what it is to do; it is tried again",
                     {{"sync", name}, {"why", assigned.error().message}, {"code", assigned.error().code}});
    }
  }
}

// What a ref means at this moment, apart from all looks.
Async<ResolvedRef> Controller::resolve_now(SourceSpec repository, std::string ref) {
  auto source = co_await parts_.sources.get(std::move(repository));
  if (!source) co_return std::move(source).error();
  const CallLimits limits(resolve_deadline, stop_);
  std::vector<std::string> refs{ref};
  auto answer = co_await (*source)->resolve(limits, std::move(refs));
  if (!answer) co_return std::move(answer).error();
  Resolved& found = answer->refs.front();
  if (found.revision.empty()) co_return why_unresolved(ref, found);
  co_return ResolvedRef{std::move(found.revision), std::move(found.ref), {}, ref};
}

// Finds out what the ref means now, for the dry runs that somebody asked for. Nothing is assigned but these.
asio::awaitable<void> Controller::plan(std::string sync) {
  planning_.insert(sync);
  for (;;) {  // until the newest text is answered
    const auto found = fleet_.syncs.find(sync);
    if (found == fleet_.syncs.end() || found->second.plan == planned_[sync] || stop_.stop_requested()) break;
    const SyncSpec spec = found->second;
    WantedPlan wanted;
    wanted.asked = spec.plan;
    auto resolved = co_await resolve_now(spec.source, spec.wanted_ref());
    if (resolved) {
      wanted.revision = resolved->revision;
      wanted.ref = resolved->ref;
    } else {
      wanted.problem = beginning(resolved.error().message, problem_bytes_max);
    }
    planned_[sync] = wanted.asked;
    fleet_.plans[sync] = std::move(wanted);
    unassigned_.insert(sync);
    objects_changed_.ring();
  }
  planning_.erase(sync);
}

// A wish for a plan asks for no look, because a look has Runs.
asio::awaitable<void> Controller::take_changed(std::set<std::string> changed) {
  if (changed.empty()) co_return;
  std::map<std::string, SyncSpec> before;
  for (const std::string& name : changed)
    if (const auto found = fleet_.syncs.find(name); found != fleet_.syncs.end()) before.emplace(name, found->second);
  co_await take_syncs(changed, true);
  for (const std::string& name : changed) {
    const auto now = fleet_.syncs.find(name);
    const auto was = before.find(name);
    if (now == fleet_.syncs.end()) continue;
    SyncSpec planned = was == before.end() ? SyncSpec() : was->second;
    planned.plan = now->second.plan;
    if (now->second.plan != planned_[name] && !planning_.contains(name)) tasks_.spawn("plan of " + name, plan(name));
    if (planned == now->second) continue;
    unassigned_.insert(name);  // a pause does not wait for the repository
    Hint asked;
    asked.sync = name;
    asked.reason = "object";
    asked.urgent = true;
    hint(asked);
  }
  for (const auto& listener : listeners_)  // which may wait for a minute before it asks for the list by itself
    if (working_)
      tasks_.spawn("the list of Syncs for " + listener->module_name(),
                   listener->tell_changed([this] { return watched_syncs(); }));
}

// ---------------------------------------------------------------- hints

void Controller::hint(const Hint& hint) {
  const Hints::Counted counted = fleet_.hints.hint(hint.sync, hint.urgent, hint.delivery);
  if (counted == Hints::Counted::unknown_sync) say_unknown(hint.sync);
  if (counted != Hints::Counted::yes) return;
  if (!hint.sync.empty()) return lane_of_.at(hint.sync)->ask(hint.sync);
  for (const auto& [name, lane] : lane_of_) lane->ask(name);
}

// Once for each name: a trigger may give the same hint for ever.
void Controller::say_unknown(const std::string& sync) {
  if (unknown_.size() >= unknown_max || !unknown_.insert(std::string(beginning(sync, 256))).second) return;
  log_.warning("a hint names a Sync that does not exist or cannot be used; it is ignored", {{"sync", sync}});
}

Async<void> Controller::open_triggers() {
  if (std::exchange(triggers_open_, true)) co_return Result<void>();
  for (const ModuleConfig* module : parts_.factory.of_kind(STOKER_TRIGGER_ID)) {
    auto listener = std::make_unique<TriggerListener>(parts_.loop, parts_.services.clock, log_);
    auto opened = co_await listener->open(parts_.factory, *module);
    if (!opened && module->required) co_return opened;
    if (!opened) {
      log_.warning("a trigger is left out; it is not required, so nothing is looked at because of it",
                   {{"module", module->name}, {"why", opened.error().message}, {"code", opened.error().code}});
      continue;
    }
    listeners_.push_back(std::move(listener));
  }
  co_return Result<void>();
}

// The document that triggers get (docs/documents.md).
std::string Controller::watched_syncs() const {
  json::array all;
  for (const auto& [name, sync] : fleet_.syncs) {
    json::object polling{{"enabled", sync.polling}};
    if (sync.polling_interval) polling["interval"] = std::to_string(sync.polling_interval->count()) + "ms";
    all.push_back(
        {{"name", name}, {"repository", sync.source.repo}, {"ref", sync.ref}, {"polling", std::move(polling)}});
  }
  return json::serialize(all);
}

// ---------------------------------------------------------------- working

asio::awaitable<void> Controller::work(SyncTroubles::Tell tell, std::stop_token stop) {
  co_await fleet_.troubles.tell(std::move(tell));
  stop_ = stop;
  working_ = true;
  std::stop_callback on_stop(stop, [this] {
    asio::post(parts_.loop, [this] {
      for (Served& served : repositories_) served.stop.request_stop();
    });
  });
  for (Served& served : repositories_) begin_to_serve(served);
  for (const auto& [name, lane] : lane_of_) lane->ask(name);
  for (const auto& listener : listeners_) {
    auto heard = [this](const Hint& hint) { this->hint(hint); };
    tasks_.spawn("trigger " + listener->module_name(),
                 listener->work([this] { return watched_syncs(); }, std::move(heard), stop));
  }
  tasks_.spawn("reading the Syncs", keep_reading(stop));
  tasks_.spawn("files of the Syncs", catalog_.watch([this] { reload(); }, stop));
  tasks_.spawn("changed Syncs", follow_objects(stop));
  tasks_.spawn("statuses of the Syncs", statuses_.work(stop));
  auto changed = [this](std::string name) {
    changed_.insert(std::move(name));
    objects_changed_.ring();
  };
  tasks_.spawn("objects of the Syncs", objects_.watch(std::move(changed), stop));
  co_await tasks_.all();
}

asio::awaitable<void> Controller::look_once(std::string sync, bool dry_run, std::stop_token stop) {
  fleet_.dry_run = dry_run;
  const auto lane = lane_of_.find(sync);
  if (lane == lane_of_.end() || lane->second->failing()) co_return;
  for (const auto& [name, other] : lane_of_)  // one listing serves all Syncs of the repository
    if (other == lane->second) other->ask(name);
  co_await lane->second->look(std::move(stop));
}

Async<void> Controller::assign_after_dry_runs(std::string sync) {
  const std::uint64_t token = fleet_.hints.token(sync);
  co_return co_await assign(fleet_, std::move(sync), token, false);
}

asio::awaitable<void> Controller::end() {
  parts_.exchange.when_changed({});
  objects_.end();
  for (const auto& listener : listeners_) {
    auto ended = co_await listener->end();
    if (!ended) log_.warning("an instance of a plugin could not be ended cleanly", {{"why", ended.error().message}});
  }
}

std::size_t Controller::written_off() const {
  std::size_t count = 0;
  for (const auto& listener : listeners_) count += listener->written_off();
  return count;
}

}  // namespace stoker::host
