#include "host/roles/standalone.hpp"

#include "host/api/own_socket.hpp"
#include "host/base/utc_time.hpp"
#include "host/run/run_diffs.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <malloc.h>

#include <algorithm>

namespace stoker::host {

namespace {

constexpr std::chrono::seconds notices_bound{30};  // for the notices of `stoker sync`
constexpr std::chrono::seconds read_bound{10};     // for one small file
constexpr std::chrono::seconds listen_again_after{10};

// How long to wait before objects that cannot be used are tried again.
std::chrono::seconds back_off(unsigned tries) { return std::chrono::seconds(std::min(1u << std::min(tries, 4u), 10u)); }

// Room for every target's blocking call and a few listings beside; threads are only started when there is work.
std::size_t threads_for(const Config& config) {
  return std::max<std::size_t>(config.pool_threads, config.targets.size() + 4);
}

// Of a target that has no lane.
Report not_open(const TargetConfig& target, std::int64_t now_ms, const Error& why) {
  Report report(known_of(target));
  report.id = "open-" + target.name + "-" + std::to_string(now_ms);
  report.started_at_ms = now_ms;
  report.failed(Stage::recover, why);
  return report;
}

// Its time is the beginning of the trouble, and its name that time: so it is told once.
Report report_of(const TargetConfig& target, const Trouble& trouble) {
  Report report(known_of(target));
  report.id = "resolve-" + target.name + "-" + std::to_string(trouble.since_ms);
  report.started_at_ms = trouble.since_ms;
  report.failed(Stage::resolve, trouble.why);
  return report;
}

// New work waits for dry runs, so the Run only found what stood before.
void say_what_waits(Report& report, const TargetRecord& known) {
  std::string waits = waiting_in_words(known);
  if (waits.empty() || report.error || report.hold) return;
  Hold hold;
  hold.name = first_dry_runs_hold;
  hold.reason = std::move(waits);
  report.held(Stage::held, std::move(hold));
}

}  // namespace

Standalone::Standalone(asio::io_context& loop, const Config& config, ModuleFactory& factory, Services services)
    : config_(config),
      factory_(factory),
      services_(services),
      log_(services.log.module("stoker")),
      workers_(loop.get_executor(), threads_for(config)),
      targets_(config.targets),
      sources_(workers_, factory, config),
      announcer_(loop.get_executor(), config, services, workers_, factory),
      objects_(workers_, factory, services),
      exchange_(objects_, loop.get_executor(), services.clock, log_,
                [this](const Report& report) { return take_report(report); }),
      controller_(ControllerParts{loop.get_executor(), config, services, workers_, factory, sources_, objects_,
                                  exchange_, targets_}),
      agent_(AgentParts{loop.get_executor(), config, services, workers_, factory, sources_, exchange_}, targets_,
             [this](const TargetConfig& target, std::uint64_t token, bool late) {
               controller_.start_from(target.sync, token);
               if (!late || !syncs_are_read_) return;
               Hint late_target;  // one that is opened late asks for its Sync, which has to assign to it too
               late_target.sync = target.sync;
               late_target.reason = "target";
               late_target.urgent = true;
               controller_.hint(late_target);
             }) {}

Async<void> Standalone::run(std::stop_token stop) {
  Result<void> done = co_await announcer_.open();           // first, because the recoveries below are told too
  (void)co_await agent_.open_all(Agent::Opening::recover);  // what cannot be opened was logged and is tried again
  co_await finish_others();
  if (done) done = listen();
  if (done) done = co_await controller_.open_triggers();
  if (done) done = co_await begin_with_objects();
  if (!done) co_await agent_.wake_all();  // what a dead process left is finished before the mistake ends this one
  if (done) {
    log_.info("running",
              {{"targets", std::int64_t(targets_.all().size())}, {"syncs", std::int64_t(controller_.syncs_count())}});
    Tasks parts(workers_.loop(), log_);
    parts.spawn("socket", serve(stop));
    parts.spawn("objects", work_with_objects(stop));
    parts.spawn("agent", agent_.work(stop));
    parts.spawn("notices", announcer_.work(stop));
    co_await parts.all();
    if (!away_) co_await controller_.write_statuses();  // with the last Reports of the lanes
    log_.info("stopped");
  }
  co_await end();
  co_return done;
}

Async<void> Standalone::open_objects(bool only_look) {
  auto opened = co_await objects_.open(only_look);
  if (opened) opened = co_await exchange_.open(only_look);
  co_return opened;
}

// What may pass ends nothing. A wrong configuration does.
Async<void> Standalone::begin_with_objects() {
  auto opened = co_await open_objects(false);
  if (!opened && opened.error() == errc::invalid) co_return opened;
  if (!opened) {
    say_objects_away(opened.error());
    co_return Result<void>();
  }
  co_await forget_targets();
  opened = co_await controller_.open(Controller::Opening::to_serve);
  syncs_are_read_ = true;
  co_return opened;
}

// Once for each reason, however often it is tried.
void Standalone::say_objects_away(const Error& why) {
  if (!away_ || away_->code != why.code)
    log_.error("the objects cannot be used; targets keep what they have, and it is tried again",
               {{"why", why.message}, {"code", why.code}});
  away_ = why;
}

// False: stopped before.
asio::awaitable<bool> Standalone::keep_opening_objects(std::stop_token stop) {
  for (unsigned tries = 0; away_; ++tries) {
    const bool go_on = co_await pause_for(services_.clock, back_off(tries), stop);
    if (!go_on) co_return false;
    auto opened = co_await open_objects(false);
    if (!opened) {
      say_objects_away(opened.error());
      continue;
    }
    away_.reset();
    log_.info("the objects can be used now");
    co_await forget_targets();
    const auto read = co_await controller_.open(Controller::Opening::to_serve);
    (void)read;  // the triggers are open already
    syncs_are_read_ = true;
  }
  co_return true;
}

asio::awaitable<void> Standalone::work_with_objects(std::stop_token stop) {
  const bool open = co_await keep_opening_objects(stop);
  if (!open) co_return;
  Tasks parts(workers_.loop(), log_);
  auto tell = [this](std::string sync, Trouble trouble) {
    return announce_trouble(std::move(sync), std::move(trouble));
  };
  parts.spawn("objects", objects_.work(stop));
  parts.spawn("exchange", exchange_.work(stop));
  parts.spawn("controller", controller_.work(std::move(tell), stop));
  co_await parts.all();
}

// Fails when another process serves the socket: it would work on the same state folder.
Result<void> Standalone::listen() {
  ObjectServerParts parts{workers_.loop(), objects_, workers_, log_};
  parts.beside = [this](std::string path) { return document_at(std::move(path)); };
  auto listening = ObjectServer::listen(std::move(parts), socket_in(config_.state));
  if (listening) {
    server_ = std::move(listening).value();
    return {};
  }
  if (listening.error().code == "socket.taken") return std::move(listening).error();
  if (listening.error().code != "socket.path") {
    if (!std::exchange(listens_later_, true))
      log_.error("commands cannot ask this process: its socket cannot be made; it is tried again",
                 {{"why", listening.error().message}, {"code", listening.error().code}});
    return {};
  }
  log_.warning("commands cannot ask this process: the path of its socket is too long; choose a shorter state folder",
               {{"why", listening.error().message}});
  return {};
}

// What the Runs do now; or what one of them changed, from the data folder of its target.
Async<std::string> Standalone::document_at(std::string path) {
  if (path == run_steps_path) co_return to_json(run_steps());
  const std::optional<RunDiffPath> asked = run_diff_path(path);
  const TargetConfig* target = asked ? targets_.find(asked->target) : nullptr;
  if (!target) co_return Error(errc::not_found, "there is nothing at " + path, "api.no-path");
  auto body = [folder = target->data / state_folder, run = asked->run](const CallState&) {
    return read_run_diff(folder, run);
  };
  const CallLimits limits(read_bound);
  std::string what = asked->target + ": what a Run changed";
  co_return co_await workers_.call<std::string>(std::move(what), limits, std::move(body));
}

asio::awaitable<void> Standalone::serve(std::stop_token stop) {
  while (!server_ && listens_later_) {
    const bool go_on = co_await pause_for(services_.clock, listen_again_after, stop);
    if (!go_on) co_return;
    const auto taken = listen();
    (void)taken;  // until that process has ended
  }
  if (!server_) co_return;
  const std::stop_callback on_stop(stop, [this] { asio::post(workers_.loop(), [this] { server_->stop(); }); });
  co_await server_->serve();
}

// Those that left the configuration: nobody tells of them any more.
asio::awaitable<void> Standalone::forget_targets() {
  for (const std::string& target : exchange_.targets()) {
    if (targets_.find(target)) continue;
    auto removed = co_await exchange_.remove(target);
    if (!removed)
      log_.warning("the object of a target that left the configuration could not be removed",
                   {{"target", target}, {"why", removed.error().message}});
  }
}

asio::awaitable<void> Standalone::take_report(const Report& report) {
  if (report.stages.size() > 1) ::malloc_trim(0);  // the memory that a Run of many files needed goes back to the system
  co_await announcer_.announce(report);
}

// What runs stays. Each target of the Sync has a Report, because none of them gets what people ask for.
asio::awaitable<void> Standalone::announce_trouble(std::string sync, Trouble trouble) {
  std::vector<Report> reports;
  if (const TargetConfig* one = sync.starts_with("target/") ? targets_.find(sync.substr(7)) : nullptr)
    reports.push_back(report_of(*one, trouble));
  for (const TargetConfig* target : targets_.of_sync(sync)) reports.push_back(report_of(*target, trouble));
  for (const Report& report : reports) co_await announcer_.announce(report);
}

// ---------------------------------------------------------------- one shot

// Targets that left the configuration with files that may be half changed.
asio::awaitable<std::vector<Report>> Standalone::finish_others() {
  const auto unfinished = co_await agent_.finish_others(true);
  std::vector<Report> reports;
  for (const auto& [known, why] : unfinished) {
    TargetConfig target;
    target.name = known.name;
    target.sync = known.sync;
    reports.push_back(not_open(target, services_.clock.wall_ms(), why));
    TargetStatus left;
    left.name = known.name;
    left.sync = "not in the configuration";
    left.why_not = why.message;
    left_.push_back(std::move(left));
  }
  for (const Report& report : reports) co_await announcer_.announce(report);
  co_return reports;
}

asio::awaitable<std::size_t> Standalone::finish_journals(std::stop_token) {
  const auto unfinished = co_await agent_.finish_others(false);
  co_await end();
  co_return unfinished.size();
}

Async<std::vector<Report>> Standalone::sync_once(SyncOnce what, std::stop_token stop) {
  std::vector<Report> reports;
  const bool to_tell = !what.dry_run;
  if (to_tell) (void)co_await announcer_.open();  // a notifier that cannot be made was logged, and stops no Run
  (void)co_await agent_.open_all(what.dry_run ? Agent::Opening::only_look : Agent::Opening::recover);
  if (!what.dry_run) reports = co_await finish_others();
  auto opened = co_await open_objects(what.dry_run);
  const auto opening = what.dry_run ? Controller::Opening::only_look : Controller::Opening::once;
  if (opened) opened = co_await controller_.open(opening);
  if (!opened && !what.dry_run) co_await agent_.wake_all();  // what a dead process left is finished all the same
  if (what.repair) controller_.ask_for_repair();
  for (const TargetConfig* target : targets_.all()) {
    if (!opened || stop.stop_requested()) break;
    TargetLane* lane = agent_.lane(target->name);
    const bool is_meant = what.target.empty() || target->name == what.target;
    // A tree that a dead process left half changed does not wait until it is meant.
    if (!is_meant && lane && !what.dry_run && lane->target().memory.now().in_flight) co_await lane->wake_up();
    if (!is_meant) continue;
    std::vector<Report> ended = co_await sync_target(*target, what.dry_run, stop);
    std::move(ended.begin(), ended.end(), std::back_inserter(reports));
  }
  if (opened && !what.dry_run) co_await controller_.write_statuses();
  if (to_tell) co_await announcer_.send_before_end(notices_bound, stop);
  co_await end();
  if (!opened) co_return opened.error();
  if (stop.stop_requested()) co_return Error(errc::cancelled, "stopped");
  co_return reports;
}

// What waits until each target of the Sync has planned it.
asio::awaitable<void> Standalone::end_dry_runs(std::string sync, std::stop_token stop) {
  bool waited = false;
  std::vector<std::string> names;
  for (const TargetConfig* each : targets_.of_sync(sync)) names.push_back(each->name);
  for (const std::string& name : names) {
    TargetLane* lane = agent_.lane(name);
    const TargetRecord* known = exchange_.known(name);
    if (!known || !known->assignment || known->assignment->waiting.asked.empty()) continue;
    if (lane)
      co_await lane->plan_once(stop);
    else
      co_await agent_.tell_why_not_open(name);
    waited = true;
  }
  if (!waited) co_return;
  auto assigned = co_await controller_.assign_after_dry_runs(sync);
  if (!assigned) log_.warning("what waited for dry runs could not be assigned", {{"why", assigned.error().message}});
}

// A target that cannot be opened, or whose repository cannot be asked, fails alone.
asio::awaitable<std::vector<Report>> Standalone::sync_target(const TargetConfig& target, bool dry_run,
                                                             std::stop_token stop) {
  co_await controller_.look_once(target.sync, dry_run, stop);
  if (!dry_run) co_await end_dry_runs(target.sync, stop);
  std::vector<Report> reports;
  TargetLane* lane = agent_.lane(target.name);
  if (lane) reports = co_await lane->run_once(dry_run, stop);
  const TargetRecord* known = exchange_.known(target.name);
  if (!dry_run && !reports.empty() && known) say_what_waits(reports.back(), *known);
  Report failed(known_of(target));
  if (const Error* why = agent_.why_not_open(target.name))
    failed = not_open(target, services_.clock.wall_ms(), *why);
  else if (const Trouble* trouble = controller_.trouble(target))
    failed = report_of(target, *trouble);
  else
    co_return reports;
  if (!dry_run) co_await agent_.tell_why_not_open(target.name);
  co_await announcer_.announce(failed);
  reports.push_back(std::move(failed));
  co_return reports;
}

// ---------------------------------------------------------------- examination

asio::awaitable<Examined> Standalone::examine(Examine what, std::stop_token stop) {
  Examined found;
  const AgentParts parts{workers_.loop(), config_, services_, workers_, factory_, sources_, exchange_};
  const Syncs syncs = co_await read_syncs(found.general);
  if (!what.probe) {
    std::vector<Finding> of_modules = co_await examine_modules(parts, stop);
    std::move(of_modules.begin(), of_modules.end(), std::back_inserter(found.general));
  }
  for (const TargetConfig* target : targets_.all()) {
    if (stop.stop_requested()) break;
    if (!what.target.empty() && target->name != what.target) continue;
    Examination examination(parts, *target, syncs, stop);
    std::vector<Finding> findings;
    if (what.probe)
      findings = co_await examination.probe();
    else
      findings = co_await examination.look();
    found.targets.emplace_back(target->name, std::move(findings));
  }
  auto ended = co_await sources_.end();
  if (!ended) log_.warning("an instance did not end cleanly", {{"why", ended.error().message}});
  co_return found;
}

asio::awaitable<Syncs> Standalone::read_syncs(std::vector<Finding>& findings) {
  if (config_.syncs.empty()) co_return Syncs();
  auto load = [&config = config_](const CallState&) -> Result<Syncs> { return load_syncs(config); };
  const CallLimits limits(std::chrono::seconds(60));
  auto syncs = co_await workers_.call<Syncs>("reading the Syncs", limits, std::move(load));
  Check check{"Syncs", "no mistake in " + config_.syncs.string(), {}, Check::Status::ok};
  if (!syncs)
    check = {"Syncs", syncs.error().message, {}, Check::Status::fail};
  else if (!syncs->errors.empty())
    check = {"Syncs", syncs->errors.text(), "correct the files", Check::Status::fail};
  findings.emplace_back("stoker", std::move(check));
  co_return syncs ? std::move(syncs).value() : Syncs();
}

asio::awaitable<void> Standalone::end() {
  co_await controller_.end();
  co_await announcer_.end();
  co_await agent_.end();
  exchange_.end();
  server_.reset();
  auto closed = co_await objects_.end();
  auto ended = co_await sources_.end();
  for (const auto& each : {closed, ended})
    if (!each) log_.warning("an instance did not end cleanly", {{"why", each.error().message}});
}

// ---------------------------------------------------------------- what is asked

std::vector<ShownStep> Standalone::run_steps() const {
  std::vector<ShownStep> steps;
  for (const TargetConfig* target : targets_.all()) {
    TargetLane* lane = agent_.lane(target->name);
    if (lane && lane->target().step)
      steps.push_back(shown(target->name, *lane->target().step, services_.clock.monotonic_ms()));
  }
  return steps;
}

std::string Standalone::not_ready() const {
  if (!agent_.ready()) return "starting";
  return away_ ? "the objects cannot be used: " + away_->message : std::string();
}

std::string Standalone::unhealthy() const {
  return health_problem(workers_.written_off() + objects_.written_off() + controller_.written_off() +
                        announcer_.written_off());
}

Status Standalone::status() const {
  Status all{{}, announcer_.status(), controller_.mistakes(), away_ ? away_->message : std::string()};
  for (const TargetConfig* target : targets_.all()) {
    const TargetLane* lane = agent_.lane(target->name);
    const TargetRecord* known = exchange_.known(target->name);
    const Trouble* trouble = controller_.trouble(*target);
    TargetStatus status;
    status.name = target->name;
    status.sync = target->sync;
    status.open = lane != nullptr;
    status.awake = lane && lane->awake();
    if (known) status.last = known->last;
    if (known) status.waiting = waiting_in_words(*known);
    if (trouble)
      status.unresolved = trouble->why.message + (trouble->why.code.empty() ? "" : " [" + trouble->why.code + "]") +
                          ", since " + rfc3339(trouble->since_ms);
    status.notes = announcer_.notes(target->name);
    if (const Error* why = agent_.why_not_open(target->name)) status.why_not = why->message;
    all.targets.push_back(std::move(status));
  }
  all.targets.insert(all.targets.end(), left_.begin(), left_.end());
  return all;
}

}  // namespace stoker::host
