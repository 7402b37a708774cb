#include "host/notices/notices.hpp"

#include "host/base/json_fields.hpp"
#include "host/notices/notice_key.hpp"
#include "host/values/same_reason.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds notify_deadline{30}, disk_deadline{60};
constexpr milliseconds retry_after_max = std::chrono::hours(24);  // a notifier may say any time

std::string target_in(std::string_view report) {
  JsonDocument document(report);
  return document.fields().text("target");
}

}  // namespace

Notices::Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock,
                 NoticeRecords records)
    : notifier_(notifier),
      workers_(workers),
      clock_(clock),
      records_(std::move(records)),
      folder_(std::make_shared<NoticeFolder>(std::move(folder))),
      wakeup_(workers.loop(), clock) {}

// ---------------------------------------------------------------- the queue

asio::awaitable<void> Notices::load() {
  if (owned_ || loading_) co_return;
  loading_ = true;
  const auto plan_next = [this] { next_load_ = clock_.monotonic_ms() + milliseconds(load_again_after).count(); };
  plan_next();
  auto open = [folder = folder_](const CallState&) { return folder->open(); };
  auto content = co_await on_disk<FolderContent>("notices in " + folder_->path().string(), std::move(open));
  plan_next();
  if (content && content->owned)
    co_await take_over_all(std::move(content).value());
  else
    say_not_owned(content);
  loading_ = false;
}

asio::awaitable<void> Notices::take_over_all(FolderContent content) {
  owned_ = true;
  if (!not_owned_why_.empty())
    records_.log.info("this process now delivers the notices that wait", {{"notifier", notifier_.module_name()}});
  parked_ = content.parked;
  for (StoredNotice& notice : content.waiting) {
    if (find(notice.key)) continue;  // it was put by this process
    co_await take_over(std::move(notice));
  }
  while (queue_.size() > kept_max) {  // other processes put some, or the bound was higher before
    const std::string oldest = queue_.front().key;
    co_await drop(oldest);
  }
  show_waiting();
}

void Notices::say_not_owned(const Result<FolderContent>& content) {
  const std::string why = content ? "another process" : reason_of(content.error());
  if (std::exchange(not_owned_why_, why) == why) return;
  if (content)
    records_.log.info("another process delivers the notices that wait; this one delivers only its own",
                      {{"notifier", notifier_.module_name()}});
  else
    records_.log.error("the notices that wait cannot be read; they are read as soon as that is possible",
                       {{"notifier", notifier_.module_name()}, {"why", content.error().message}});
}

// What the last process left. A notice in whose call it died may be the reason: it is tried once more, and then parked.
asio::awaitable<void> Notices::take_over(StoredNotice notice) {
  const std::string key = notice.key;
  Waiting waiting;
  waiting.key = key;
  waiting.tries = std::move(notice.tries);
  const std::int64_t wait =
      std::clamp<std::int64_t>(waiting.tries.next_ms - clock_.wall_ms(), 0, milliseconds(retry_after_max).count());
  waiting.next = clock_.monotonic_ms() + wait;
  const bool died = waiting.tries.in_call;
  if (died) {
    waiting.tries.in_call = false;
    ++waiting.tries.deaths;
    waiting.target = co_await target_of(key);
  }
  const unsigned deaths = waiting.tries.deaths;
  queue_.push_back(std::move(waiting));
  if (!died) co_return;
  if (deaths >= deaths_max) {
    std::string why = "stoker died " + std::to_string(deaths) + " times in a row while the notifier had this notice";
    co_await park(key, std::move(why));
    co_return;
  }
  records_.log.warning(
      "stoker died while a notifier had a notice; it is tried once more, and parked when that happens again",
      {{"notifier", notifier_.module_name()}, {"target", queue_.back().target}, {"notice", key}});
  co_await write_tries(key);
}

Async<void> Notices::put(const Report& report) {
  const std::string key = notice_key(report);
  const std::string target = report.target;
  if (find(key)) co_return Result<void>();
  std::string document = to_json(report);
  if (document.size() > STOKER_DOCUMENT_BYTES_MAX)  // it could not be read back
    co_return Error(errc::exhausted, "Report " + key + " is longer than the limit of a document", "notices.report");
  if (!owned_) co_await load();
  co_await make_room();
  auto write = [folder = folder_, key, text = std::move(document)](const CallState&) {
    return folder->write(key, text);
  };
  auto written = co_await on_disk<void>("notice " + key, std::move(write));
  if (!written || find(key)) co_return written;  // it may have been loaded meanwhile
  Waiting& waiting = queue_.emplace_back();
  waiting.key = key;
  waiting.target = target;
  show_waiting();
  wakeup_.ring();
  co_return Result<void>();
}

// More than one may be too many: several Runs ended at once. Who does not own the folder knows only from the disk how
// many wait there.
asio::awaitable<void> Notices::make_room() {
  std::vector<std::string> of_all;
  if (!owned_) {
    auto look = [folder = folder_](const CallState&) { return folder->beyond(kept_max - 1); };
    auto found = co_await on_disk<std::vector<std::string>>("notices in " + folder_->path().string(), std::move(look));
    if (found) of_all = std::move(found).value();
  }
  if (of_all.empty() && queue_.size() < kept_max) dropping_ = false;
  for (const std::string& key : of_all) co_await drop(key);
  while (queue_.size() >= kept_max) {
    const std::string oldest = queue_.front().key;
    co_await drop(oldest);
  }
}

asio::awaitable<void> Notices::drop(std::string key) {
  const Waiting* waiting = find(key);
  std::string target = waiting ? waiting->target : "";
  forget(key);
  if (!dropping_) {
    dropping_ = true;
    if (target.empty()) target = co_await target_of(key);
    records_.log.error("too many notices wait; the oldest ones are dropped",
                       {{"notifier", notifier_.module_name()},
                        {"target", target},
                        {"notice", key},
                        {"waiting", kept_max},
                        {"why", failure_ ? failure_->why : "the receiver is slow"}});
  }
  count("dropped");
  co_await remove(key);
}

Notices::Waiting* Notices::find(const std::string& key) {
  const auto found =
      std::find_if(queue_.begin(), queue_.end(), [&](const Waiting& waiting) { return waiting.key == key; });
  return found == queue_.end() ? nullptr : &*found;
}

void Notices::forget(const std::string& key) {
  std::erase_if(queue_, [&](const Waiting& waiting) { return waiting.key == key; });
  show_waiting();
}

// The oldest, but one that failed often comes after those that did not.
Notices::Waiting* Notices::first_due() {
  Waiting* first = nullptr;
  const std::int64_t now = clock_.monotonic_ms();
  if (written_off_ || now < rest_until_) return nullptr;
  for (Waiting& waiting : queue_) {
    if (waiting.next > now) continue;
    if (!first || waiting.tries.failed / tries_in_a_row < first->tries.failed / tries_in_a_row) first = &waiting;
  }
  return first;
}

std::optional<std::int64_t> Notices::next_try() const {
  if (queue_.empty() || written_off_) return std::nullopt;
  const auto next = std::min_element(queue_.begin(), queue_.end(),
                                     [](const Waiting& one, const Waiting& other) { return one.next < other.next; });
  return std::max(next->next, rest_until_);
}

std::optional<std::int64_t> Notices::next_look() const {
  const std::optional<std::int64_t> next = next_try();
  if (owned_) return next;
  return next ? std::min(*next, next_load_) : next_load_;
}

NotifierStatus Notices::status() const {
  NotifierStatus status;
  status.module = notifier_.module_name();
  status.waiting = queue_.size();
  status.parked = parked_;
  status.failure = failure_;
  return status;
}

// ---------------------------------------------------------------- delivery

asio::awaitable<void> Notices::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!owned_ && clock_.monotonic_ms() >= next_load_) co_await load();
    co_await send_due(stop);
    co_await wakeup_.until(next_look(), stop);
  }
}

asio::awaitable<void> Notices::send_due(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const Waiting* first = first_due();
    if (!first) co_return;
    const bool go_on = co_await send(first->key, stop);
    if (!go_on) co_return;
  }
}

// False: the receiver is to be left alone for a while. That the call begins is durable before it does: if the process
// dies in it, the next one knows which notice it was.
asio::awaitable<bool> Notices::send(std::string key, std::stop_token stop) {
  auto report = co_await read(key);
  Waiting* waiting = find(key);
  if (!waiting) co_return true;
  if (!report && report.error() == errc::not_found) {  // somebody removed the file
    forget(key);
    co_await remove(key);
    co_return true;
  }
  if (!report) {
    co_await leave_unread(key, std::move(report).error());
    co_return false;
  }
  if (waiting->tries.first_ms == 0) waiting->tries.first_ms = clock_.wall_ms();
  waiting->target = target_in(*report);
  waiting->tries.in_call = true;
  co_await write_tries(key);
  const CallLimits limits(notify_deadline, stop);
  auto sent = co_await notifier_.notify(limits, key, std::move(*report));
  const bool stopped = !sent && sent.error() == errc::cancelled && stop.stop_requested();
  if (Waiting* still = find(key)) {
    still->tries.in_call = false;
    still->tries.deaths = 0;
  }
  const unsigned failures = failures_;
  if (sent)
    co_await end_well(key);
  else if (stopped)
    co_await write_tries(key);
  else
    co_await end_badly(key, std::move(sent).error());
  co_return !stopped && !written_off_ && failures_ <= failures;
}

asio::awaitable<void> Notices::end_well(std::string key) {
  if (failure_) records_.log.info("notices arrive again", {{"notifier", notifier_.module_name()}, {"notice", key}});
  failure_.reset();
  failure_reason_.clear();
  failures_ = 0;
  rest_until_ = 0;
  count("delivered");
  forget(key);
  co_await remove(key);
}

asio::awaitable<void> Notices::end_badly(std::string key, Error why) {
  count("failed");
  Waiting* waiting = find(key);
  if (!waiting) co_return;
  ++waiting->tries.failed;
  const CallFault fault = fault_of(why);
  if (fault == CallFault::did_not_return || fault == CallFault::written_off) {
    written_off_ = true;
    records_.log.error(
        "a notifier did not return; its notices are kept, and it is not called again until stoker restarts",
        {{"notifier", notifier_.module_name()}, {"target", waiting->target}, {"notice", key}, {"why", why.message}});
    (void)remember_failure(why);
    co_await try_later(key, std::move(why));
    co_return;
  }
  const bool may_pass = why.retryable || why == errc::cancelled;
  const std::int64_t tried_ms = clock_.wall_ms() - waiting->tries.first_ms;
  const bool too_long = tried_ms >= milliseconds(tried_max).count() && waiting->tries.failed >= tries_in_a_row;
  const std::string target = waiting->target;
  const bool same = remember_failure(why);
  if (!may_pass || too_long) {
    std::string reason = may_pass ? "it was tried for a day: " + why.message : why.message;
    co_await park(key, std::move(reason));
    co_return;
  }
  if (!same)
    records_.log.warning("a notice could not be delivered; it is kept and tried again",
                         {{"notifier", notifier_.module_name()},
                          {"target", target},
                          {"notice", key},
                          {"waiting", queue_.size()},
                          {"why", why.message}});
  co_await try_later(key, std::move(why));
}

// The fault is one of the disk: it says nothing of the notifier, nor of the notice.
asio::awaitable<void> Notices::leave_unread(std::string key, Error why) {
  count("failed");
  Waiting* waiting = find(key);
  if (!waiting) co_return;
  ++waiting->tries.failed;
  if (!remember_failure(why))
    records_.log.warning("a notice could not be read from disk; it is kept and tried again",
                         {{"notifier", notifier_.module_name()},
                          {"target", waiting->target},
                          {"notice", key},
                          {"waiting", queue_.size()},
                          {"why", why.message}});
  co_await try_later(key, std::move(why));
}

// The receiver rests after failures in a row; a notice that failed often waits longer than that, so that it does not
// come after each one that is delivered.
asio::awaitable<void> Notices::try_later(std::string key, Error why) {
  const milliseconds rest = pause_after(++failures_, why);
  rest_until_ = clock_.monotonic_ms() + rest.count();
  Waiting* waiting = find(key);
  if (!waiting) co_return;
  const milliseconds pause = waiting->tries.failed > failures_ ? pause_after(waiting->tries.failed, why) : rest;
  waiting->tries.next_ms = clock_.wall_ms() + pause.count();
  waiting->tries.reason = std::move(why.message);
  waiting->next = clock_.monotonic_ms() + pause.count();
  co_await write_tries(key);
}

// 2, 4, 8 ... 256 s, up to a tenth longer, so that many processes do not come back at the same moment.
milliseconds Notices::pause_after(unsigned failures, const Error& why) {
  const milliseconds own = seconds(1) * (1u << std::min(failures, 8u));
  const milliseconds wait = std::max(own, std::clamp(why.retry_after, milliseconds(0), retry_after_max));
  const double jitter = std::uniform_real_distribution<double>(0, 0.1)(random_);
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(wait.count()) * (1 + jitter)));
}

asio::awaitable<void> Notices::park(std::string key, std::string why) {
  Waiting* waiting = find(key);
  if (!waiting) co_return;
  Tries tries = waiting->tries;
  tries.reason = why;
  const std::string target = waiting->target;
  forget(key);
  auto move = [folder = folder_, key, tries](const CallState&) { return folder->park(key, tries); };
  auto parked = co_await on_disk<ParkedCount>("notice " + key, std::move(move));
  count("parked");
  records_.log.error("a notice is given up; it is kept in the folder parked",
                     {{"notifier", notifier_.module_name()},
                      {"target", target},
                      {"notice", key},
                      {"folder", (folder_->path() / "parked").string()},
                      {"why", why}});
  if (parked) parked_ = parked->kept;
  if (parked && parked->removed > 0) {
    count("removed", parked->removed);
    records_.log.warning("too many notices are given up; those that were given up first are removed",
                         {{"notifier", notifier_.module_name()}, {"removed", parked->removed}});
  }
  if (!parked)
    records_.log.error("a notice could not be moved, so it is tried again after the next start",
                       {{"notifier", notifier_.module_name()}, {"notice", key}, {"why", parked.error().message}});
}

// Is it the failure that is known already?
bool Notices::remember_failure(const Error& why) {
  const std::string reason = reason_of(why);
  const bool known = failure_ && failure_reason_ == reason;
  failure_reason_ = reason;
  NoticeFailure now;
  now.since_ms = known ? failure_->since_ms : clock_.wall_ms();
  now.code = why.code;
  now.why = why.message;
  failure_ = std::move(now);
  return known;
}

// ---------------------------------------------------------------- files

template <class T, class Body>
Async<T> Notices::on_disk(std::string what, Body body) {
  const CallLimits limits(disk_deadline);
  co_return co_await workers_.call<T>(std::move(what), limits, std::move(body));
}

Async<std::string> Notices::read(std::string key) {
  auto body = [folder = folder_, key](const CallState&) { return folder->read(key); };
  co_return co_await on_disk<std::string>("notice " + key, std::move(body));
}

asio::awaitable<std::string> Notices::target_of(std::string key) {
  auto report = co_await read(key);
  co_return report ? target_in(*report) : std::string();
}

asio::awaitable<void> Notices::remove(std::string key) {
  auto body = [folder = folder_, key](const CallState&) -> Result<void> {
    folder->remove(key);
    return {};
  };
  const auto removed = co_await on_disk<void>("notice " + key, std::move(body));
  (void)removed;
}

// Without its tries on disk a notice is only tried sooner after a restart.
asio::awaitable<void> Notices::write_tries(std::string key) {
  const Waiting* waiting = find(key);
  if (!waiting) co_return;
  auto body = [folder = folder_, key, tries = waiting->tries](const CallState&) {
    return folder->write_tries(key, tries);
  };
  const auto written = co_await on_disk<void>("notice " + key, std::move(body));
  (void)written;
}

void Notices::count(std::string_view result, std::size_t times) {
  records_.total.record(static_cast<double>(times), {notifier_.module_name(), result});
}

void Notices::show_waiting() { records_.waiting.record(static_cast<double>(queue_.size()), {notifier_.module_name()}); }

}  // namespace stoker::host
