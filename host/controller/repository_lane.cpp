#include "host/controller/repository_lane.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

using std::chrono::seconds;

constexpr seconds resolve_deadline{120};

std::int64_t back_off_ms(unsigned failures) {
  static constexpr seconds waits[] = {seconds(5), seconds(30), seconds(60), seconds(120), seconds(240), seconds(300)};
  return std::chrono::milliseconds(waits[std::min<std::size_t>(failures, std::size(waits) - 1)]).count();
}

}  // namespace

RepositoryLane::RepositoryLane(GitRepository repository, Fleet& fleet, SourcePool& sources, asio::any_io_executor loop,
                               const Clock& clock, ModuleLog log, Metric resolve_seconds)
    : repository_(std::move(repository)),
      fleet_(fleet),
      sources_(sources),
      clock_(clock),
      wakeup_(loop, clock),
      log_(std::move(log)),
      resolve_seconds_(resolve_seconds) {}

void RepositoryLane::ask(const std::string& sync) {
  asked_.insert(sync);
  wakeup_.ring();
}

// ---------------------------------------------------------------- one look

asio::awaitable<bool> RepositoryLane::look(std::stop_token stop) {
  const std::vector<Question> questions = begin_questions();
  if (questions.empty()) co_return true;
  auto answer = co_await resolve(questions, stop);
  if (!answer) {
    for (const Question& question : questions) {
      fleet_.hints.fail_resolve(question.sync);
      asked_.insert(question.sync);
    }
    if (answer.error() == errc::cancelled) co_return false;
    failing_ = answer.error();
    log_.warning("the refs of a repository could not be read",
                 {{"syncs", std::int64_t(questions.size())}, {"why", failing_->message}});
    co_return false;
  }
  failing_.reset();
  for (const Note& note : answer->notes) log_.warning(note.text, {{"note", note.code}, {"ref", note.path}});
  bool all_assigned = true;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto ended = co_await end_question(questions[i], std::move(answer->refs[i]));
    if (ended) continue;
    all_assigned = false;
    fleet_.hints.fail_resolve(questions[i].sync);
    asked_.insert(questions[i].sync);
    log_.warning("the revision of a Sync could not be assigned to a target; it is tried again",
                 {{"sync", questions[i].sync}, {"why", ended.error().message}});
  }
  co_return all_assigned;
}

std::vector<RepositoryLane::Question> RepositoryLane::begin_questions() {
  std::vector<Question> questions;
  for (const std::string& sync : std::exchange(asked_, {})) {
    const auto spec = fleet_.syncs.find(sync);
    if (spec == fleet_.syncs.end() || spec->second.git != repository_ || !fleet_.hints.due(sync)) continue;
    const bool asked = fleet_.hints.asked(sync) || !fleet_.resolved.contains(sync);
    questions.push_back({sync, spec->second.ref, fleet_.hints.begin_resolve(sync), asked});
  }
  return questions;
}

Async<Resolution> RepositoryLane::resolve(const std::vector<Question>& questions, std::stop_token stop) {
  auto source = co_await sources_.get(repository_);
  if (!source) co_return std::move(source).error();
  std::vector<std::string> refs;
  for (const Question& question : questions) refs.push_back(question.ref);
  const std::int64_t start = clock_.monotonic_ms();
  const CallLimits limits(resolve_deadline, stop);
  auto answer = co_await (*source)->resolve(limits, std::move(refs));
  resolve_seconds_.record(static_cast<double>(clock_.monotonic_ms() - start) / 1000.0, {});
  co_return answer;
}

Async<void> RepositoryLane::end_question(const Question& question, Resolved found) {
  const auto spec = fleet_.syncs.find(question.sync);
  if (spec == fleet_.syncs.end() || spec->second.ref != question.ref || found.revision.empty()) {
    fleet_.hints.end_resolve(question.sync, question.token);
    if (spec != fleet_.syncs.end() && spec->second.ref == question.ref)
      log_.warning("the ref does not exist in the repository; the targets keep what they run",
                   {{"sync", question.sync}, {"ref", question.ref}});
    co_return Result<void>();  // when the Sync has changed in the meantime, it has a new hint of its own
  }
  ResolvedRef& known = fleet_.resolved[question.sync];
  const bool moved = known.revision != found.revision;
  if (moved) log_.info("resolved", {{"sync", question.sync}, {"ref", found.ref}, {"revision", found.revision}});
  known = ResolvedRef{std::move(found.revision), std::move(found.ref)};
  auto assigned = co_await assign(fleet_, question.sync, question.token, question.asked || moved);
  if (assigned) fleet_.hints.end_resolve(question.sync, question.token);
  co_return assigned;
}

// ---------------------------------------------------------------- the lane

asio::awaitable<void> RepositoryLane::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const bool rested = !not_before_ || clock_.monotonic_ms() >= *not_before_;
    if (!asked_.empty() && (rested || has_urgent())) {
      not_before_.reset();
      if (co_await look(stop))
        failures_ = 0;
      else
        not_before_ = clock_.monotonic_ms() + back_off_ms(failures_++);
      continue;
    }
    co_await wakeup_.until(asked_.empty() ? std::nullopt : not_before_, stop);
  }
}

// A hint of a person or of a changed file does not wait for the back-off.
bool RepositoryLane::has_urgent() const {
  return std::any_of(asked_.begin(), asked_.end(),
                     [this](const std::string& sync) { return fleet_.hints.urgent(sync); });
}

}  // namespace stoker::host
