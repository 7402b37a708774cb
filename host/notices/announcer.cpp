#include "host/notices/announcer.hpp"

#include "host/base/json_fields.hpp"

#include <algorithm>
#include <set>

namespace stoker::host {

// A notifier and its queue. It has its own thread, so that a slow receiver takes no worker from the Runs.
struct Announcer::Receiver {
  Workers workers;
  std::unique_ptr<NotifierInstance> notifier;
  std::unique_ptr<Notices> notices;
  std::optional<std::set<std::string>> on;  // names of outcomes; no value: those that say something new
  explicit Receiver(asio::any_io_executor loop) : workers(std::move(loop), 1) {}

  bool wants(const Report& report, bool new_notes) const;
};

namespace {

// Is this a Report that nobody has to know?
bool is_quiet(const Report& report) {
  return report.outcome == Outcome::unchanged || report.outcome == Outcome::superseded;
}

bool is_outcome(std::string_view word) {
  for (const Outcome outcome : {Outcome::planned, Outcome::unchanged, Outcome::applied, Outcome::held, Outcome::failed,
                                Outcome::reverted, Outcome::superseded})
    if (name(outcome) == word) return true;
  return false;
}

// The outcomes that the module's settings name in a list `on`. A list of other words means something else.
std::optional<std::set<std::string>> outcomes_in(const std::string& settings) {
  JsonDocument document(settings);
  const JsonFields fields = document.fields();
  if (!fields.has("on")) return std::nullopt;
  const std::vector<std::string> words = fields.list("on");
  if (document.fault().found() || !std::all_of(words.begin(), words.end(), is_outcome)) return std::nullopt;
  return std::set<std::string>(words.begin(), words.end());
}

asio::awaitable<void> request_stop_after(const Clock& clock, std::chrono::milliseconds time, std::stop_source of,
                                         std::stop_token before) {
  (void)co_await pause_for(clock, time, std::move(before));
  of.request_stop();
}

}  // namespace

bool Announcer::Receiver::wants(const Report& report, bool new_notes) const {
  return on ? on->contains(std::string(name(report.outcome))) : new_notes || !is_quiet(report);
}

Announcer::Announcer(asio::any_io_executor loop, const Config& config, Services services, Workers& workers,
                     ModuleFactory& factory)
    : loop_(loop),
      config_(config),
      services_(services),
      workers_(workers),
      factory_(factory),
      log_(services.log.module("stoker")),
      tasks_(std::move(loop), log_),
      runs_(services.metrics),
      notices_(services.metrics.counter("stoker_notices_total",
                                        "Notices by what became of them; failed: tries that did not deliver",
                                        {"module", "result"})),
      waiting_(services.metrics.gauge("stoker_notices_waiting", "Notices that are not delivered yet", {"module"})) {}

Announcer::~Announcer() = default;

// ---------------------------------------------------------------- notifiers

Async<void> Announcer::open() {
  Result<void> first;
  for (const ModuleConfig* module : factory_.of_kind(STOKER_NOTIFIER_ID)) {
    auto opened = co_await open_one(*module);
    if (opened) continue;
    if (module->required && first) first = opened;
    log_.error(module->required ? "a notifier cannot be made; it is told nothing"
                                : "a notifier cannot be made; it is not required, so stoker runs without it",
               {{"notifier", module->name}, {"why", opened.error().message}, {"code", opened.error().code}});
  }
  co_return first;
}

Async<void> Announcer::open_one(const ModuleConfig& module) {
  auto receiver = std::make_unique<Receiver>(loop_);
  auto notifier = co_await factory_.notifier(receiver->workers, module, "{}");
  if (!notifier) co_return std::move(notifier).error();
  receiver->notifier = std::move(notifier).value();
  receiver->on = outcomes_in(module.settings);
  receiver->notices = std::make_unique<Notices>(*receiver->notifier, config_.state / "notices" / module.name, workers_,
                                                services_.clock, NoticeRecords{log_, notices_, waiting_});
  Receiver& made = *receivers_.emplace_back(
      std::move(receiver));  // kept before its queue is read, so that it is ended also when that fails
  co_await made.notices->load();
  co_return Result<void>();
}

asio::awaitable<void> Announcer::work(std::stop_token stop) {
  for (const auto& receiver : receivers_)
    tasks_.spawn("notices of " + receiver->notifier->module_name(), receiver->notices->work(stop));
  co_await tasks_.all();
}

asio::awaitable<void> Announcer::send_before_end(std::chrono::milliseconds longest, std::stop_token stop) {
  std::stop_source late, all_sent;
  std::stop_callback on_stop(stop, [&late] { late.request_stop(); });
  Tasks bound(loop_, log_);
  bound.spawn("bound of the notices", request_stop_after(services_.clock, longest, late, all_sent.get_token()));
  for (const auto& receiver : receivers_)
    tasks_.spawn("notices of " + receiver->notifier->module_name(), receiver->notices->send_due(late.get_token()));
  co_await tasks_.all();
  all_sent.request_stop();
  co_await bound.all();
  for (const auto& receiver : receivers_) {
    const NotifierStatus status = receiver->notices->status();
    if (status.waiting > 0)
      log_.warning("notices were not delivered; they wait for the next start of stoker",
                   {{"notifier", status.module},
                    {"waiting", status.waiting},
                    {"why", status.failure ? status.failure->why : "there was no more time"}});
  }
}

asio::awaitable<void> Announcer::end() {
  for (const auto& receiver : receivers_) {
    auto ended = co_await receiver->notifier->end();
    if (!ended) log_.warning("an instance of a plugin could not be ended cleanly", {{"why", ended.error().message}});
  }
}

// ---------------------------------------------------------------- Reports

asio::awaitable<void> Announcer::announce(const Report& report) {
  Standing& standing = standing_[report.target];
  const bool news = standing.is_news(report);
  const std::vector<Note> new_notes = standing.take_notes(report);
  log_report(report, news, new_notes);
  runs_.count(report);
  if (!news && new_notes.empty()) co_return;
  for (const auto& receiver : receivers_) {
    if (!receiver->wants(report, !new_notes.empty())) continue;
    auto put = co_await receiver->notices->put(report);
    if (put) continue;
    notices_.record(1, {receiver->notifier->module_name(), "lost"});
    log_.error(
        "a notice is lost, because it could not be stored",
        {{"notifier", receiver->notifier->module_name()}, {"target", report.target}, {"why", put.error().message}});
  }
}

void Announcer::log_report(const Report& report, bool news, const std::vector<Note>& new_notes) const {
  const auto value = [](std::string_view text) { return LogValue(text); };
  const LogField fields[] = {{"run", value(report.id)},
                             {"sync", value(report.sync)},
                             {"target", value(report.target)},
                             {"outcome", value(name(report.outcome))},
                             {"stage", value(name(report.stage))}};
  const bool bad = report.outcome == Outcome::failed || report.outcome == Outcome::reverted;
  const Severity loud = bad ? Severity::error : Severity::info;
  log_.write(is_quiet(report) || !news ? Severity::debug : loud, summary(report), fields);
  for (const Note& note : new_notes) {
    const LogField of_note[] = {
        {"note", value(note.code)}, {"path", value(note.path)}, {"target", value(report.target)}};
    log_.write(note.code == "unowned" ? Severity::info : Severity::warning, in_words(note), of_note);
  }
  for (const Note& note : report.notes)
    if (!is_for_people(note))
      log_.debug(note.text, {{"note", note.code}, {"path", note.path}, {"target", report.target}});
}

// ---------------------------------------------------------------- what is asked

std::vector<NotifierStatus> Announcer::status() const {
  std::vector<NotifierStatus> all;
  for (const auto& receiver : receivers_) all.push_back(receiver->notices->status());
  return all;
}

std::vector<Note> Announcer::notes(const std::string& target) const {
  const auto found = standing_.find(target);
  return found == standing_.end() ? std::vector<Note>() : found->second.notes();
}

std::size_t Announcer::written_off() const {
  std::size_t count = 0;
  for (const auto& receiver : receivers_) count += receiver->workers.written_off();
  return count;
}

}  // namespace stoker::host
