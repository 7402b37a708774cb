#include "host/roles/standalone.hpp"

#include "host/base/digest.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include <malloc.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace stoker::host {

namespace json = boost::json;

struct Standalone::OpenTarget {
  std::unique_ptr<StrategyInstance> strategy;
  std::vector<std::unique_ptr<VerifierInstance>> verifiers;
  std::unique_ptr<TargetLane> lane;
};

struct Standalone::Listener {
  Workers workers;  // `next` blocks: a thread of its own, and one for `watch` beside it
  std::unique_ptr<TriggerInstance> trigger;
  std::string told;  // the Syncs that it knows
  explicit Listener(asio::io_context& loop) : workers(loop.get_executor(), 2) {}
};

struct Standalone::Receiver {
  Workers workers;  // a slow receiver takes no worker from the Runs
  std::unique_ptr<NotifierInstance> notifier;
  std::unique_ptr<Notices> notices;
  explicit Receiver(asio::io_context& loop) : workers(loop.get_executor(), 1) {}
};

namespace {

// Room for every target's blocking call and a few listings beside; threads are only started when there is work.
std::size_t threads_for(const Config& config) {
  return std::max<std::size_t>(config.pool_threads, config.targets.size() + 4);
}

Result<std::string> read_ca(const GatewayAccess& gateway, const std::filesystem::path& state) {
  if (gateway.ca_file) return read_file(*gateway.ca_file, secret_bytes_max);
  if (!gateway.ca) return std::string();
  auto text = read_secret(state, *gateway.ca);
  if (!text) return std::move(text).error();
  return text->reveal();
}

Result<std::string> verifier_use(const TargetConfig& target, const std::filesystem::path& state) {
  json::object use{{"target", {{"name", target.name}, {"data", target.data.string()}}}};
  if (target.gateway) {
    json::object gateway{{"url", target.gateway->url}};
    if (target.gateway->api_key) {
      auto key = read_secret(state, *target.gateway->api_key);
      if (!key) return std::move(key).error();
      gateway["apiKey"] = key->reveal();
    }
    auto ca = read_ca(*target.gateway, state);
    if (!ca) return std::move(ca).error();
    if (!ca->empty()) gateway["ca"] = *ca;
    use["gateway"] = std::move(gateway);
  }
  return json::serialize(use);
}

Result<std::string> source_use(const SyncSpec& sync, const std::filesystem::path& state) {
  const GitRepository& git = sync.git;
  json::object use{{"repo", git.repo}, {"submodules", git.submodules}, {"lfs", git.lfs}}, auth, app;
  const auto put = [&](json::object& into, const char* field, const SecretRef& ref) -> Result<void> {
    auto text = read_secret(state, ref);
    if (!text) return std::move(text).error();
    into[field] = text->reveal();
    return {};
  };
  const std::pair<const char*, const std::optional<SecretRef>*> fields[] = {{"token", &git.auth.token},
                                                                            {"sshKey", &git.auth.ssh_key},
                                                                            {"passphrase", &git.auth.passphrase},
                                                                            {"knownHosts", &git.auth.known_hosts}};
  for (const auto& [field, ref] : fields)
    if (*ref)
      if (auto done = put(auth, field, **ref); !done) return std::move(done).error();
  if (const auto& named = git.auth.github_app) {
    app = {{"appId", named->app_id}, {"installationId", named->installation_id}};
    if (!named->api_base_url.empty()) app["apiBaseURL"] = named->api_base_url;
    if (auto done = put(app, "privateKey", named->private_key); !done) return std::move(done).error();
    auth["githubApp"] = std::move(app);
  }
  if (!auth.empty()) use["auth"] = std::move(auth);
  return json::serialize(use);
}

Assignment known_of(const TargetConfig& target) {
  Assignment assignment;
  assignment.sync = target.sync;
  assignment.target = target.name;
  assignment.pod = target.pod;
  assignment.labels = target.labels;
  assignment.ordinal = target.ordinal;
  assignment.profile.name = target.profile;
  return assignment;
}

}  // namespace

Standalone::Standalone(asio::io_context& loop, const Config& config, ModuleFactory& modules, Services services)
    : loop_(loop),
      config_(config),
      modules_(modules),
      services_(services),
      log_(services.log.module("stoker")),
      workers_(loop.get_executor(), threads_for(config)),
      tasks_(loop.get_executor(), log_),
      targets_(config.targets.size()),
      runs_(services.metrics.counter("stoker_runs_total", "Runs by what they ended in", {"target", "outcome"})),
      stage_seconds_(
          services.metrics.histogram("stoker_stage_seconds", "Time of a stage of a Run", {"target", "stage"})),
      verified_(
          services.metrics.gauge("stoker_target_verified", "1: what is assigned runs and is verified", {"target"})),
      held_(services.metrics.gauge("stoker_target_held", "1: a hold stands", {"target"})),
      resolve_seconds_(
          services.metrics.histogram("stoker_ref_resolve_duration_seconds", "Time of one listing of a repository")) {
  for (const TargetConfig& target : config.targets) fleet_.targets.emplace_back(target, nullptr);
}

Standalone::~Standalone() = default;

// ---------------------------------------------------------------- wiring

asio::awaitable<Result<void>> Standalone::open() {
  take_syncs(load_syncs(config_.syncs, config_.targets));
  if (!syncs_.errors.empty() && syncs_.good.empty())
    co_return Error(errc::invalid, "no Sync can be used:\n" + syncs_.errors.text(), "config.syncs");
  if (auto opened = co_await open_repositories(); !opened) co_return opened;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    auto opened = co_await open_target(i);
    if (opened) continue;
    if (!serving_) co_return opened;
    log_.error("a target cannot be opened; it is tried again",
               {{"target", config_.targets[i].name}, {"why", opened.error().message}});
    tasks_.spawn("opening " + config_.targets[i].name, keep_opening(i, stop_));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Standalone::open_target(std::size_t index) {
  const TargetConfig& config = config_.targets[index];
  auto target = std::make_unique<OpenTarget>();
  auto open_memory = [data = config.data](const CallState&) -> Result<std::shared_ptr<TargetMemory>> {
    auto opened = TargetMemory::open(data);
    if (!opened) return std::move(opened).error();
    return std::make_shared<TargetMemory>(std::move(opened).value());
  };
  const CallLimits limits(std::chrono::seconds(60));
  std::string what = config.name + ": memory";
  auto memory = co_await workers_.call<std::shared_ptr<TargetMemory>>(std::move(what), limits, std::move(open_memory));
  if (!memory) co_return std::move(memory).error();

  const std::vector<const ModuleConfig*> strategies = modules_.of_kind(STOKER_STRATEGY_ID);
  if (strategies.empty()) co_return Error(errc::invalid, "no strategy module is enabled", "config.modules");
  const Memory& remembered = (*memory)->now();
  if (remembered.in_flight && !remembered.strategy.empty() && remembered.strategy != strategies.front()->name)
    co_return Error(
        errc::incompatible,
        config.name + ": a Run of " + remembered.strategy + " is not finished; enable that module until it is",
        "config.strategy");
  json::object strategy_use{{"target", {{"name", config.name}, {"data", config.data.string()}}},
                            {"folder", state_folder}};
  auto strategy = co_await modules_.strategy(workers_, *strategies.front(), json::serialize(strategy_use));
  if (!strategy) co_return std::move(strategy).error();
  target->strategy = std::move(strategy).value();

  auto use = verifier_use(config, config_.state);
  if (!use) co_return std::move(use).error().in("target " + config.name);
  for (const ModuleConfig* module : modules_.of_kind(STOKER_VERIFIER_ID)) {
    if (!config.gateway && !modules_.fits(*module, *use)) continue;  // it needs a gateway to ask
    auto verifier = co_await modules_.verifier(workers_, *module, *use);
    if (!verifier) co_return std::move(verifier).error();
    target->verifiers.push_back(std::move(verifier).value());
  }
  std::vector<VerifierInstance*> in_order;
  for (const auto& verifier : target->verifiers) in_order.push_back(verifier.get());
  std::stable_partition(in_order.begin(), in_order.end(), [](const VerifierInstance* v) { return !v->locks(); });

  const Clock& clock = services_.clock;
  std::unique_ptr<Target> made(new Target{config.name,
                                          workers_,
                                          nullptr,
                                          *target->strategy,
                                          Verifiers(std::move(in_order)),
                                          std::move(**memory),
                                          [&clock] { return clock.wall_ms(); },
                                          true,
                                          {}});
  auto tell = [this](const Report& report) { return finished(report); };
  target->lane = std::make_unique<TargetLane>(std::move(made), known_of(config), tell);
  if (const auto& last = target->lane->target().memory.assignment()) fleet_.hints.start_from(config.sync, last->token);
  fleet_.targets[index].second = target->lane.get();
  targets_[index] = std::move(target);
  point_at_sources();
  co_return Result<void>();
}

asio::awaitable<void> Standalone::keep_opening(std::size_t index, std::stop_token stop) {
  std::string said;
  while (co_await wait_for(std::chrono::seconds(10), stop)) {
    auto opened = co_await open_target(index);
    const TargetConfig& config = config_.targets[index];
    if (opened) {
      log_.info("the target is open now", {{"target", config.name}});
      tasks_.spawn("target " + config.name, targets_[index]->lane->work(stop));
      fleet_.hints.hint(config.sync, "target");
      for (const auto& repository : repositories_) repository->nudge();
      co_return;
    }
    if (opened.error().message != said)
      log_.warning("the target cannot be opened yet", {{"target", config.name}, {"why", opened.error().message}});
    said = opened.error().message;
  }
}

asio::awaitable<Result<void>> Standalone::open_repositories() {
  const std::vector<const ModuleConfig*> sources = modules_.of_kind(STOKER_SOURCE_ID);
  if (sources.empty()) co_return Error(errc::invalid, "no source module is enabled", "config.modules");
  Result<void> first;
  for (const auto& [name, sync] : syncs_.good) {
    const auto known = std::find_if(repositories_.begin(), repositories_.end(),
                                    [spec = &sync](const auto& lane) { return lane->serves(*spec); });
    const auto use = source_use(sync, config_.state);
    const std::string made_with = use ? sha256_hex(*use) : std::string();
    if (known != repositories_.end() && (*known)->made_with() == made_with) continue;
    Result<std::unique_ptr<SourceInstance>> source = use ? Error() : use.error();
    if (use) source = co_await modules_.source(workers_, *sources.front(), *use);
    if (!source) {
      log_.error("a repository cannot be used", {{"sync", name}, {"why", source.error().message}});
      if (first) first = std::move(source).error();
      continue;
    }
    if (known != repositories_.end()) (*known)->retire();  // its credentials have changed
    repositories_.push_back(std::make_unique<RepositoryLane>(sync, made_with, std::move(source).value(), fleet_,
                                                             loop_.get_executor(), log_, resolve_seconds_));
  }
  point_at_sources();
  co_return serving_ ? Result<void>() : first;
}

// Not before the targets are open: what is resolved is assigned at once, and a look at the start is not repeated.
void Standalone::start_repositories() {
  for (; repositories_started_ < repositories_.size(); ++repositories_started_) {
    RepositoryLane& lane = *repositories_[repositories_started_];
    tasks_.spawn("repository " + std::to_string(repositories_started_ + 1), lane.work(stop_));
  }
}

RepositoryLane* Standalone::repository_of(const std::string& sync) const {
  const auto spec = fleet_.syncs.find(sync);
  if (spec == fleet_.syncs.end()) return nullptr;
  for (const auto& repository : repositories_)
    if (repository->serves(spec->second)) return repository.get();
  return nullptr;
}

void Standalone::point_at_sources() {
  for (const auto& [config, lane] : fleet_.targets) {
    RepositoryLane* repository = lane ? repository_of(config.sync) : nullptr;
    if (repository) lane->use(repository->source());
  }
}

asio::awaitable<Result<void>> Standalone::open_triggers() {
  for (const ModuleConfig* module : modules_.of_kind(STOKER_TRIGGER_ID)) {
    auto listener = std::make_unique<Listener>(loop_);
    auto trigger = co_await modules_.trigger(listener->workers, *module, "{}");
    if (!trigger) co_return std::move(trigger).error();
    listener->trigger = std::move(trigger).value();
    listeners_.push_back(std::move(listener));
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> Standalone::open_notifiers() {
  for (const ModuleConfig* module : modules_.of_kind(STOKER_NOTIFIER_ID)) {
    auto receiver = std::make_unique<Receiver>(loop_);
    auto notifier = co_await modules_.notifier(receiver->workers, *module, "{}");
    if (!notifier) co_return std::move(notifier).error();
    receiver->notifier = std::move(notifier).value();
    receiver->notices =
        std::make_unique<Notices>(*receiver->notifier, config_.state / "notices" / module->name, workers_);
    if (auto loaded = receiver->notices->load(); !loaded) co_return loaded;
    receivers_.push_back(std::move(receiver));
  }
  co_return Result<void>();
}

asio::awaitable<void> Standalone::close() {
  auto said = [this](const Result<void>& ended) {
    if (!ended) log_.warning("an instance did not end cleanly", {{"why", ended.error().message}});
  };
  for (const auto& listener : listeners_) said(co_await listener->trigger->end());
  for (const auto& receiver : receivers_) said(co_await receiver->notifier->end());
  for (const auto& target : targets_) {
    if (!target) continue;
    for (const auto& verifier : target->verifiers) said(co_await verifier->end());
    said(co_await target->strategy->end());
  }
  for (const auto& repository : repositories_) said(co_await repository->source()->end());
}

// ---------------------------------------------------------------- serving

asio::awaitable<Result<void>> Standalone::run(std::stop_token stop) {
  serving_ = true;
  stop_ = stop;
  begin_to_watch();
  Result<void> opened = co_await open();
  if (opened) opened = co_await open_triggers();
  if (opened) opened = co_await open_notifiers();
  if (opened) {
    start_repositories();
    tasks_.spawn("reading the Syncs", read_syncs());
    for (const auto& target : targets_)
      if (target) tasks_.spawn("target " + target->lane->name(), target->lane->work(stop));
    for (const auto& listener : listeners_)
      tasks_.spawn("trigger " + listener->trigger->module_name(), listen(*listener, stop));
    for (const auto& receiver : receivers_)
      tasks_.spawn("notices of " + receiver->notifier->module_name(), receiver->notices->work(stop));
    tasks_.spawn("files of the Syncs", watch_files(stop));
    log_.info("running", {{"targets", std::int64_t(targets_.size())}, {"syncs", std::int64_t(syncs_.good.size())}});
    co_await tasks_.all();
    log_.info("stopped");
  }
  co_await close();
  co_return opened;
}

asio::awaitable<Result<std::vector<Report>>> Standalone::sync_once(SyncOnce what, std::stop_token stop) {
  fleet_.dry_run = what.dry_run;
  Result<void> opened = co_await open();
  std::vector<Report> reports;
  std::set<const RepositoryLane*> looked;
  for (std::size_t i = 0; opened && i < targets_.size(); ++i) {
    const TargetConfig& config = config_.targets[i];
    if (!what.target.empty() && config.name != what.target) continue;
    RepositoryLane* repository = repository_of(config.sync);
    bool asked = true;
    if (repository && looked.insert(repository).second) asked = co_await repository->look(stop);
    if (!asked && !repository->failing()) opened = Error(errc::cancelled, "stopped");
    if (!opened) break;
    auto report = co_await one_run(i, what.dry_run, stop);
    if (!report) continue;
    co_await finished(*report);
    reports.push_back(std::move(*report));
  }
  co_await close();
  if (!opened) co_return std::move(opened).error();
  co_return reports;
}

// A repository that cannot be asked fails its own targets, when what an earlier process left is finished.
asio::awaitable<std::optional<Report>> Standalone::one_run(std::size_t index, bool dry_run, std::stop_token stop) {
  TargetLane& lane = *targets_[index]->lane;
  Target& target = lane.target();
  const Assignment known = known_of(config_.targets[index]);
  if (!dry_run) {
    const Assignment last = target.memory.assignment().value_or(known);
    const Report woken = co_await wake(target, last, stop);
    if (woken.outcome != Outcome::unchanged) co_await finished(woken);
  }
  const RepositoryLane* repository = repository_of(known.sync);
  if (repository && repository->failing()) co_return Report(known).failed(Stage::resolve, *repository->failing());
  if (!lane.assignment()) co_return std::nullopt;
  Assignment assignment = *lane.assignment();
  assignment.scan_all = true;
  Result<void> kept;
  if (!dry_run) kept = co_await keep(target, assignment);
  if (!kept) co_return Report(assignment).failed(Stage::recover, std::move(kept).error());
  co_return co_await host::run(target, assignment, stop);
}

asio::awaitable<void> Standalone::listen(Listener& listener, std::stop_token stop) {
  unsigned failures = 0;
  while (!stop.stop_requested()) {
    if (std::string syncs = watched_syncs(); syncs != listener.told) {
      auto told = co_await listener.trigger->watch(syncs);
      if (told)
        listener.told = std::move(syncs);
      else  // it is told again after its next answer
        log_.warning("a trigger did not take the Syncs",
                     {{"trigger", listener.trigger->module_name()}, {"why", told.error().message}});
    }
    const CallLimits limits(std::chrono::seconds(60), stop);
    auto hints = co_await listener.trigger->next(limits);
    if (!hints) {
      if (hints.error() == errc::cancelled) continue;
      log_.warning("a trigger failed", {{"trigger", listener.trigger->module_name()}, {"why", hints.error().message}});
      const std::chrono::seconds pause(1 << std::min(failures++, 6u));
      co_await wait_for(pause, stop);
      continue;
    }
    failures = 0;
    for (const Hint& hint : *hints) fleet_.hints.hint(hint.sync, hint.reason, hint.delivery);
    if (!hints->empty())
      for (const auto& repository : repositories_) repository->nudge();
  }
}

std::string Standalone::watched_syncs() const {
  json::array all;
  for (const auto& [name, sync] : fleet_.syncs)
    all.push_back(
        {{"name", name},
         {"repository", sync.git.repo},
         {"ref", sync.ref},
         {"polling", {{"enabled", sync.polling}, {"interval", std::to_string(sync.polling_interval.count()) + "ms"}}}});
  return json::serialize(all);
}

// ---------------------------------------------------------------- Syncs that change

void Standalone::take_syncs(Syncs loaded) {
  if (!loaded.errors.empty()) log_.error("GatewaySync files have mistakes", {{"errors", loaded.errors.text()}});
  syncs_ = std::move(loaded);
  fleet_.syncs = syncs_.good;
  std::vector<std::string> names;
  for (const auto& [name, sync] : fleet_.syncs) names.push_back(name);
  fleet_.hints.watch(names);
  std::erase_if(fleet_.resolved, [&](const auto& entry) { return !fleet_.syncs.contains(entry.first); });
}

void Standalone::reload() {
  reload_due_ = true;
  if (!reading_) tasks_.spawn("reading the Syncs", read_syncs());
}

asio::awaitable<void> Standalone::read_syncs() {
  reading_ = true;
  while (std::exchange(reload_due_, false)) {
    auto load = [this, before = syncs_](const CallState&) -> Result<Syncs> {
      return load_syncs(config_.syncs, config_.targets, &before);
    };
    const CallLimits limits(std::chrono::seconds(60));
    auto loaded = co_await workers_.call<Syncs>("reading the Syncs", limits, std::move(load));
    if (!loaded) {
      log_.error("GatewaySync files could not be read", {{"why", loaded.error().message}});
      continue;
    }
    take_syncs(std::move(*loaded));
    log_.info("GatewaySync files were read again", {{"syncs", std::int64_t(syncs_.good.size())}});
    fleet_.hints.hint("", "config");
    auto opened = co_await open_repositories();
    if (!opened) log_.error("a repository cannot be used", {{"why", opened.error().message}});
    start_repositories();
    for (const auto& repository : repositories_) repository->nudge();
  }
  reading_ = false;
}

// Before anything is read, so that no change falls between.
void Standalone::begin_to_watch() {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (watch >= 0) changes_ = std::make_shared<asio::posix::stream_descriptor>(loop_, watch);
  if (watch >= 0 && watch_folders()) return;
  changes_ = nullptr;
  log_.warning("changes of GatewaySync files are not noticed; send SIGHUP after a change",
               {{"syncs", config_.syncs.string()}});
}

// The Syncs' folder and those of the secrets, also what came since. False: not the first.
bool Standalone::watch_folders() const {
  const auto add = [watch = changes_->native_handle()](const std::filesystem::path& folder) {
    constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB;
    return ::inotify_add_watch(watch, folder.c_str(), changes) >= 0;
  };
  std::error_code unknown;
  const std::filesystem::path secrets = config_.state / "secrets";
  if (std::filesystem::create_directories(secrets, unknown))  // what is not there cannot be watched
    std::filesystem::permissions(secrets, std::filesystem::perms::owner_all, unknown);
  add(secrets);
  for (std::filesystem::directory_iterator at(secrets, unknown), end; !unknown && at != end; at.increment(unknown))
    if (at->is_directory(unknown)) add(at->path());
  return add(std::filesystem::is_directory(config_.syncs, unknown) ? config_.syncs : config_.syncs.parent_path());
}

// A change of the files is taken up a moment after the last of a series: editors write more than once.
asio::awaitable<void> Standalone::watch_files(std::stop_token stop) {
  const auto events = changes_;  // shared: what the stop posts may come when this coroutine has ended
  if (!events) co_return;
  std::stop_callback on_stop(stop, [events] { asio::post(events->get_executor(), [events] { events->cancel(); }); });
  std::vector<char> buffer(4096);
  while (!stop.stop_requested()) {
    co_await events->async_read_some(asio::buffer(buffer), asio::as_tuple(asio::use_awaitable));
    if (!co_await wait_for(std::chrono::milliseconds(200), stop)) co_return;
    while (::read(events->native_handle(), buffer.data(), buffer.size()) > 0) continue;
    watch_folders();
    reload();
  }
}

// ---------------------------------------------------------------- what is told

asio::awaitable<void> Standalone::finished(Report report) {
  const auto value = [](std::string_view text) { return LogValue(text); };
  const std::string line = summary(report);
  const LogField fields[] = {{"run", value(report.id)},
                             {"sync", value(report.sync)},
                             {"target", value(report.target)},
                             {"outcome", value(name(report.outcome))},
                             {"stage", value(name(report.stage))}};
  const bool quiet = report.outcome == Outcome::unchanged || report.outcome == Outcome::superseded;
  const bool loud = report.outcome == Outcome::failed || report.outcome == Outcome::reverted;
  log_.write(quiet ? Severity::debug : loud ? Severity::error : Severity::info, line, fields);
  for (const Note& note : report.notes)
    log_.debug(note.text, {{"note", note.code}, {"path", note.path}, {"target", report.target}});

  runs_.record(1, {report.target, name(report.outcome)});
  for (const StageTime& stage : report.stages)
    stage_seconds_.record(static_cast<double>(stage.ms) / 1000.0, {report.target, stage.name});
  verified_.record(report.verified ? 1 : 0, {report.target});
  held_.record(report.outcome == Outcome::held ? 1 : 0, {report.target});
  if (report.stages.size() > 1) ::malloc_trim(0);  // what a Run of many files needed is not kept until the next
  if (quiet) co_return;
  for (const auto& receiver : receivers_) {
    auto put = co_await receiver->notices->put(report);
    if (!put)
      log_.error("a notice was lost", {{"notifier", receiver->notifier->module_name()}, {"why", put.error().message}});
  }
}

bool Standalone::ready() const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const auto& target) { return target && target->lane->whole(); });
}

std::string Standalone::unhealthy() const {
  std::size_t stuck = workers_.written_off();
  for (const auto& listener : listeners_) stuck += listener->workers.written_off();
  for (const auto& receiver : receivers_) stuck += receiver->workers.written_off();
  if (stuck == 0) return {};
  return std::to_string(stuck) + " plugin call(s) did not return by their deadline; see the log, and restart";
}

std::string Standalone::status_page() const {
  std::string page;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    const TargetConfig& config = config_.targets[i];
    page += config.name + "  " + config.sync + "  ";
    if (!targets_[i])
      page += "not open";
    else if (const auto& last = targets_[i]->lane->last())
      page += summary(*last);
    else
      page += targets_[i]->lane->awake() ? "nothing is assigned yet" : "waking";
    const RepositoryLane* repository = repository_of(config.sync);
    if (repository && repository->failing())
      page += "; its repository could not be asked: " + repository->failing()->message;
    page += "\n";
  }
  return page;
}

}  // namespace stoker::host
