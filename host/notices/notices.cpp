#include "host/notices/notices.hpp"

#include "host/base/digest.hpp"
#include "host/base/json_fields.hpp"
#include "host/notices/standing.hpp"
#include "host/values/same_reason.hpp"

#include <algorithm>

namespace stoker::host {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds notify_deadline{30}, disk_deadline{60};
constexpr milliseconds retry_after_max = std::chrono::hours(24);  // a notifier may say any time

constexpr std::size_t name_bytes_max = 160, digest_digits = 12;

// A file name that begins as the text does.
std::string file_name_of(std::string_view text) {
  std::string name(text.substr(0, name_bytes_max));
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || (c == '.' && &c != name.data());
    if (!plain) c = '_';
  }
  return name;
}

std::string target_in(std::string_view report) {
  JsonDocument document(report);
  return document.fields().text("target");
}

}  // namespace

// Where the same Run can say another thing (a hold, a failure, a note), a digest of what it says tells the two apart.
std::string notice_key(const Report& report) {
  const std::string whole = report.target + (report.id.empty() ? "" : "-" + report.id);
  std::string key = file_name_of(whole);
  const bool shortened = key != whole;
  key += "-" + std::string(name(report.outcome)) + (report.verified ? "-verified" : "");
  std::string said = whole + '\0' + essence_of(report);
  bool has_notes = false;
  for (const Note& note : report.notes) {
    if (!is_for_people(note)) continue;
    has_notes = true;
    said += note.code + '\0' + note.path + '\0';
  }
  if (shortened || has_notes || report.hold || report.error) key += "-" + sha256_hex(said).substr(0, digest_digits);
  return key;
}

Notices::Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock,
                 NoticeRecords records)
    : notifier_(notifier),
      workers_(workers),
      clock_(clock),
      records_(std::move(records)),
      folder_(std::make_shared<NoticeFolder>(std::move(folder))),
      wakeup_(workers.loop(), clock) {}

// ---------------------------------------------------------------- the queue

Async<void> Notices::load() {
  auto open = [folder = folder_](const CallState&) { return folder->open(); };
  auto content = co_await on_disk<FolderContent>("notices in " + folder_->path().string(), std::move(open));
  if (!content) co_return std::move(content).error();
  if (!content->owned)
    records_.log.info("another process delivers the notices that wait; this one delivers only its own",
                      {{"notifier", notifier_.module_name()}});
  parked_ = content->parked;
  for (StoredNotice& notice : content->waiting) {
    co_await take_over(std::move(notice));
  }
  show_waiting();
  co_return Result<void>();
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
  if (queue_.size() < kept_max) dropping_ = false;
  // More than one may be too many: several Runs ended at once, or the limit was higher before.
  while (queue_.size() >= kept_max) co_await drop_oldest();
  auto write = [folder = folder_, key, text = std::move(document)](const CallState&) {
    return folder->write(key, text);
  };
  auto written = co_await on_disk<void>("notice " + key, std::move(write));
  if (!written) co_return written;
  Waiting& waiting = queue_.emplace_back();
  waiting.key = key;
  waiting.target = target;
  show_waiting();
  wakeup_.ring();
  co_return Result<void>();
}

asio::awaitable<void> Notices::drop_oldest() {
  const std::string oldest = queue_.front().key;
  std::string target = queue_.front().target;
  queue_.pop_front();
  if (!dropping_) {
    dropping_ = true;
    if (target.empty()) target = co_await target_of(oldest);
    records_.log.error("too many notices wait; the oldest ones are dropped",
                       {{"notifier", notifier_.module_name()},
                        {"target", target},
                        {"notice", oldest},
                        {"waiting", kept_max},
                        {"why", failure_ ? failure_->why : "the receiver is slow"}});
  }
  count("dropped");
  co_await remove(oldest);
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
    co_await send_due(stop);
    co_await wakeup_.until(next_try(), stop);
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
  if (waiting->tries.first_ms == 0) waiting->tries.first_ms = clock_.wall_ms();
  Result<void> sent;
  if (report) {
    waiting->target = target_in(*report);
    waiting->tries.in_call = true;
    co_await write_tries(key);
    const CallLimits limits(notify_deadline, stop);
    sent = co_await notifier_.notify(limits, key, std::move(*report));
  } else {
    sent = std::move(report).error();
    if (sent.error() == errc::not_found) {  // somebody removed the file
      forget(key);
      co_await remove(key);
      co_return true;
    }
  }
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
    remember_failure(why);
    co_await try_later(key, std::move(why));
    co_return;
  }
  const bool may_pass = why.retryable || why == errc::cancelled;
  const std::int64_t tried_ms = clock_.wall_ms() - waiting->tries.first_ms;
  const bool too_long = tried_ms >= milliseconds(tried_max).count() && waiting->tries.failed >= tries_in_a_row;
  const bool same = failure_ && failure_->code == why.code && (!why.code.empty() || failure_->why == why.message);
  const std::string target = waiting->target;
  remember_failure(why);
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

asio::awaitable<void> Notices::try_later(std::string key, Error why) {
  const milliseconds pause = pause_after(why);
  rest_until_ = clock_.monotonic_ms() + pause.count();
  Waiting* waiting = find(key);
  if (!waiting) co_return;
  waiting->tries.next_ms = clock_.wall_ms() + pause.count();
  waiting->tries.reason = std::move(why.message);
  waiting->next = rest_until_;
  co_await write_tries(key);
}

// 2, 4, 8 ... 256 s, up to a tenth longer, so that many processes do not come back at the same moment.
milliseconds Notices::pause_after(const Error& why) {
  const milliseconds own = seconds(1) * (1u << std::min(++failures_, 8u));
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
  auto parked = co_await on_disk<std::size_t>("notice " + key, std::move(move));
  if (parked) parked_ = *parked;
  count("parked");
  records_.log.error("a notice is given up; it is kept in the folder parked",
                     {{"notifier", notifier_.module_name()},
                      {"target", target},
                      {"notice", key},
                      {"folder", (folder_->path() / "parked").string()},
                      {"why", why}});
  if (!parked)
    records_.log.error("a notice could not be moved, so it is tried again after the next start",
                       {{"notifier", notifier_.module_name()}, {"notice", key}, {"why", parked.error().message}});
}

void Notices::remember_failure(const Error& why) {
  const bool known = failure_ && failure_->code == why.code;
  NoticeFailure now;
  now.since_ms = known ? failure_->since_ms : clock_.wall_ms();
  now.code = why.code;
  now.why = why.message;
  failure_ = std::move(now);
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

void Notices::count(std::string_view result) { records_.total.record(1, {notifier_.module_name(), result}); }

void Notices::show_waiting() { records_.waiting.record(static_cast<double>(queue_.size()), {notifier_.module_name()}); }

}  // namespace stoker::host
