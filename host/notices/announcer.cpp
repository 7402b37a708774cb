#include "host/notices/announcer.hpp"

namespace stoker::host {

// A notifier and its queue. It has its own thread, so that a slow receiver takes no worker from the Runs.
struct Announcer::Receiver {
  Workers workers;
  std::unique_ptr<NotifierInstance> notifier;
  std::unique_ptr<Notices> notices;
  explicit Receiver(asio::any_io_executor loop) : workers(std::move(loop), 1) {}
};

namespace {

// Is this a Report that nobody has to know?
bool is_quiet(const Report& report) {
  return report.outcome == Outcome::unchanged || report.outcome == Outcome::superseded;
}

}  // namespace

Announcer::Announcer(asio::any_io_executor loop, const Config& config, Services services, Workers& workers,
                     ModuleFactory& factory)
    : loop_(loop),
      config_(config),
      services_(services),
      workers_(workers),
      factory_(factory),
      log_(services.log.module("stoker")),
      tasks_(std::move(loop), log_),
      runs_(services.metrics.counter("stoker_runs_total", "Runs by their outcome", {"target", "outcome"})),
      stage_seconds_(
          services.metrics.histogram("stoker_stage_seconds", "Duration of a stage of a Run", {"target", "stage"})),
      verified_(services.metrics.gauge("stoker_target_verified", "1 when the assigned revision runs and is verified",
                                       {"target"})),
      held_(services.metrics.gauge("stoker_target_held", "1 while the target is held", {"target"})) {}

Announcer::~Announcer() = default;

Async<void> Announcer::open() {
  for (const ModuleConfig* module : factory_.of_kind(STOKER_NOTIFIER_ID)) {
    auto receiver = std::make_unique<Receiver>(loop_);
    auto notifier = co_await factory_.notifier(receiver->workers, *module, "{}");
    if (!notifier && module->required) co_return std::move(notifier).error();
    if (!notifier) {
      log_.warning("a notifier is left out; it is not required, so nobody is told through it",
                   {{"module", module->name}, {"why", notifier.error().message}, {"code", notifier.error().code}});
      continue;
    }
    receiver->notifier = std::move(notifier).value();
    receiver->notices = std::make_unique<Notices>(*receiver->notifier, config_.state / "notices" / module->name,
                                                  workers_, services_.clock);
    Receiver& made = *receivers_.emplace_back(
        std::move(receiver));  // kept before its queue is read, so that it is ended also when that fails
    if (auto loaded = co_await made.notices->load(); !loaded) co_return loaded;
  }
  co_return Result<void>();
}

asio::awaitable<void> Announcer::work(std::stop_token stop) {
  for (const auto& receiver : receivers_)
    tasks_.spawn("notices of " + receiver->notifier->module_name(), receiver->notices->work(stop));
  co_await tasks_.all();
}

asio::awaitable<void> Announcer::end() {
  for (const auto& receiver : receivers_) {
    auto ended = co_await receiver->notifier->end();
    if (!ended) log_.warning("an instance of a plugin could not be ended cleanly", {{"why", ended.error().message}});
  }
}

asio::awaitable<void> Announcer::announce(const Report& report) {
  log_report(report);
  count_report(report);
  if (is_quiet(report)) co_return;
  for (const auto& receiver : receivers_) {
    auto put = co_await receiver->notices->put(report);
    if (!put)
      log_.error("a notice is lost, because it could not be stored",
                 {{"notifier", receiver->notifier->module_name()}, {"why", put.error().message}});
  }
}

void Announcer::log_report(const Report& report) const {
  const auto value = [](std::string_view text) { return LogValue(text); };
  const LogField fields[] = {{"run", value(report.id)},
                             {"sync", value(report.sync)},
                             {"target", value(report.target)},
                             {"outcome", value(name(report.outcome))},
                             {"stage", value(name(report.stage))}};
  const bool bad = report.outcome == Outcome::failed || report.outcome == Outcome::reverted;
  log_.write(is_quiet(report) ? Severity::debug : bad ? Severity::error : Severity::info, summary(report), fields);
  for (const Note& note : report.notes)
    log_.debug(note.text, {{"note", note.code}, {"path", note.path}, {"target", report.target}});
}

void Announcer::count_report(const Report& report) {
  runs_.record(1, {report.target, name(report.outcome)});
  for (const StageTime& stage : report.stages)
    stage_seconds_.record(static_cast<double>(stage.ms) / 1000.0, {report.target, stage.name});
  if (report.stage == Stage::resolve) return;  // what runs is as it was
  verified_.record(report.verified ? 1 : 0, {report.target});
  held_.record(report.outcome == Outcome::held ? 1 : 0, {report.target});
}

std::size_t Announcer::written_off() const {
  std::size_t count = 0;
  for (const auto& receiver : receivers_) count += receiver->workers.written_off();
  return count;
}

}  // namespace stoker::host
