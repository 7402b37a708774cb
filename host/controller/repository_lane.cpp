#include "host/controller/repository_lane.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

using std::chrono::seconds;

constexpr std::chrono::hours retry_after_max{24};

std::int64_t back_off_ms(unsigned failures, std::chrono::milliseconds at_least) {
  static constexpr seconds waits[] = {seconds(5), seconds(30), seconds(60), seconds(120), seconds(240), seconds(300)};
  const std::chrono::milliseconds own = waits[std::min<std::size_t>(failures, std::size(waits) - 1)];
  return std::clamp<std::chrono::milliseconds>(at_least, own, retry_after_max).count();
}

}  // namespace

Error why_unresolved(const std::string& ref, const Resolved& found) {
  const bool unsaid = found.why.status == STOKER_OK;
  const errc kind = unsaid ? errc::not_found : errc(found.why.status);
  const std::string text =
      found.why.problem.empty() ? "there is no ref \"" + ref + "\" in the repository" : found.why.problem;
  return Error(kind, text, found.why.code.empty() ? "source.ref-not-found" : found.why.code);
}

RepositoryLane::RepositoryLane(SourceSpec repository, Fleet& fleet, SourcePool& sources, asio::any_io_executor loop,
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
    co_await take_failure(questions, std::move(answer).error());
    co_return false;
  }
  failing_.reset();
  say_notes(std::move(answer->notes));
  bool all_ended = true;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const bool ended = co_await end_question(questions[i], std::move(answer->refs[i]));
    if (!ended) ask_again(questions[i].sync);
    all_ended = all_ended && ended;
    end_look(questions[i]);
  }
  co_return all_ended;
}

// What was noted at the last look too is not said again.
void RepositoryLane::say_notes(std::vector<Note> notes) {
  for (const Note& note : notes)
    if (std::find(noted_.begin(), noted_.end(), note) == noted_.end())
      log_.warning(note.text, {{"note", note.code}, {"ref", note.path}});
  noted_ = std::move(notes);
}

// No ref of this repository could be read.
asio::awaitable<void> RepositoryLane::take_failure(std::vector<Question> questions, Error why) {
  for (const Question& question : questions) ask_again(question.sync);
  if (why == errc::cancelled) co_return;
  retry_after_ = why.retry_after;
  bool is_new = false;
  for (const Question& question : questions) {
    const bool begins = co_await fleet_.troubles.begin(question.sync, why);
    is_new = is_new || begins;
  }
  if (is_new)
    log_.warning("the refs of a repository could not be read; this is tried again",
                 {{"syncs", std::int64_t(questions.size())}, {"why", why.message}, {"code", why.code}});
  for (const Question& question : questions) end_look(question);
  failing_ = std::move(why);
}

void RepositoryLane::end_look(const Question& question) {
  fleet_.looked[question.sync] = question.look;
  if (fleet_.changed) fleet_.changed(question.sync);
}

void RepositoryLane::ask_again(const std::string& sync) {
  fleet_.hints.fail_resolve(sync);
  asked_.insert(sync);
}

std::vector<RepositoryLane::Question> RepositoryLane::begin_questions() {
  std::vector<Question> questions;
  for (const std::string& sync : std::exchange(asked_, {})) {
    const auto spec = fleet_.syncs.find(sync);
    if (spec == fleet_.syncs.end() || spec->second.source != repository_ || !fleet_.hints.due(sync)) continue;
    const bool asked = fleet_.hints.asked(sync) || !fleet_.resolved.contains(sync);
    questions.push_back({sync, spec->second.wanted_ref(), fleet_.hints.begin_resolve(sync), asked, spec->second.look});
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

// False: the Sync has to be asked about again.
asio::awaitable<bool> RepositoryLane::end_question(Question question, Resolved found) {
  const auto spec = fleet_.syncs.find(question.sync);
  if (spec == fleet_.syncs.end() || spec->second.wanted_ref() != question.ref) {
    fleet_.hints.end_resolve(question.sync, question.token);
    co_return true;  // the Sync has changed in the meantime, and has a new hint of its own
  }
  if (found.revision.empty()) {
    Error why = why_unresolved(question.ref, found);
    co_return co_await keep_unresolved(std::move(question), std::move(why));
  }
  if (fleet_.troubles.end(question.sync)) log_.info("the ref can be resolved again", {{"sync", question.sync}});
  ResolvedRef& known = fleet_.resolved[question.sync];
  const bool moved = known.revision != found.revision;
  if (moved) log_.info("resolved", {{"sync", question.sync}, {"ref", found.ref}, {"revision", found.revision}});
  known = ResolvedRef{std::move(found.revision), std::move(found.ref)};
  auto assigned = co_await assign(fleet_, question.sync, question.token, question.asked || moved);
  if (assigned) {
    fleet_.hints.end_resolve(question.sync, question.token);
    co_return true;
  }
  log_.warning("the revision of a Sync could not be assigned to a target; it is tried again",
               {{"sync", question.sync}, {"why", assigned.error().message}});
  co_return false;
}

// The ref of this Sync alone cannot be used. Its targets keep what they run.
asio::awaitable<bool> RepositoryLane::keep_unresolved(Question question, Error why) {
  const bool may_pass = why.retryable;
  if (!may_pass) fleet_.hints.end_resolve(question.sync, question.token);
  const bool is_new = co_await fleet_.troubles.begin(question.sync, why);
  if (is_new)
    log_.error("the ref of a Sync cannot be used; its targets keep what they run",
               {{"sync", question.sync}, {"ref", question.ref}, {"why", why.message}, {"code", why.code}});
  co_return !may_pass;
}

// ---------------------------------------------------------------- the lane

asio::awaitable<void> RepositoryLane::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const bool rested = !not_before_ || clock_.monotonic_ms() >= *not_before_;
    if (!asked_.empty() && (rested || has_urgent())) {
      not_before_.reset();
      const bool ended = co_await look(stop);
      if (ended)
        failures_ = 0;
      else
        not_before_ = clock_.monotonic_ms() + back_off_ms(failures_++, std::exchange(retry_after_, {}));
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
