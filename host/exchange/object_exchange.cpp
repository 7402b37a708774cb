#include "host/exchange/object_exchange.hpp"

#include "host/base/utf8.hpp"
#include "host/calls/tasks.hpp"

#include <algorithm>
#include <set>

namespace stoker::host {

namespace {

constexpr std::chrono::seconds list_again_after{5};
constexpr std::size_t wish_bytes_max = 256;  // as those of Syncs

ObjectKey key_of(const std::string& name_space, const std::string& target) {
  return {resource::sync_targets, name_space, object_name(target)};
}

// A newer Assignment, or another one with the same token, is there.
bool is_overtaken(const std::optional<Assignment>& there, const Assignment& next) {
  return there && (there->token > next.token || (there->token == next.token && !there->same_work(next)));
}

// What its spec says when it is read again.
std::string as_read(const Assignment& assignment) {
  const auto read = assignment_from_json(to_json(assignment));
  return read ? to_json(*read) : std::string();
}

Error overtaken(const Assignment& next) {
  return {errc::conflict,
          "target " + next.target + ": an Assignment is there that is newer than token " + std::to_string(next.token),
          "exchange.conflict"};
}

// Nobody has answered it yet.
bool is_due(const std::string& asked, const std::optional<Report>& answer) {
  return !asked.empty() && !(answer && answer->answers_plan == asked);
}

// The name of the target, which need not be that of its object.
std::string target_of(const Object& object, const Result<TargetRecord>& record) {
  return record && record->assignment ? record->assignment->target : object.key.name;
}

// A Report that this process made says more than its document.
void keep_what_says_more(const TargetRecord& known, TargetRecord& read) {
  if (known.plan && read.plan && known.plan->answers_plan == read.plan->answers_plan) read.plan = known.plan;
  if (known.waiting && read.waiting && known.waiting->answers_plan == read.waiting->answers_plan)
    read.waiting = known.waiting;
  if (known.last && read.last && known.last->id == read.last->id) read.last = known.last;
}

}  // namespace

ObjectExchange::ObjectExchange(ObjectStore& store, asio::any_io_executor loop, const Clock& clock, ModuleLog log,
                               TakeReport take_report)
    : store_(store),
      loop_(loop),
      clock_(clock),
      log_(std::move(log)),
      take_report_(std::move(take_report)),
      list_again_(loop, clock),
      correct_(loop, clock) {}

std::optional<Assignment> ObjectExchange::Kept::newest() const {
  const bool is_older = !record.assignment || (before && before->token > record.assignment->token);
  if (!is_older) return record.assignment;
  std::optional<Assignment> found = before;
  if (found) found->token += tokens_after;
  return found;
}

// ---------------------------------------------------------------- what others change

Async<void> ObjectExchange::open(bool only_look) {
  only_look_ = only_look;
  auto listed = co_await list();
  if (!listed) co_return std::move(listed).error();
  open_ = true;
  co_return Result<void>();
}

// The version as of which everything is known.
Async<std::uint64_t> ObjectExchange::list() {
  auto listed = co_await store_.list(ObjectQuery(resource::sync_targets));
  if (!listed) co_return std::move(listed).error();
  std::set<std::string> there;
  for (const Object& object : listed->objects) {
    there.insert(object.uid);
    take_object(object);
  }
  std::vector<Object> gone;
  for (const auto& [target, kept] : targets_) {
    if (kept.record.uid.empty() || there.contains(kept.record.uid)) continue;
    Object& object = gone.emplace_back();
    object.key = key_of(kept.record.name_space, target);
    object.version = listed->version;
  }
  for (const Object& object : gone) forget(object);
  co_return listed->version;
}

asio::awaitable<void> ObjectExchange::work(std::stop_token stop) {
  Tasks both(loop_, log_);
  both.spawn("changed targets", follow(stop));
  both.spawn("changed Assignments", correct(stop));
  co_await both.all();
}

asio::awaitable<void> ObjectExchange::follow(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::optional<std::int64_t> again;
    auto version = co_await list();
    if (version) {
      auto watch = co_await store_.watch(ObjectQuery(resource::sync_targets), *version,
                                         [this](const ObjectEvent& event) { take(event); });
      if (watch) watch_ = std::move(watch).value();
    }
    if (!version || !watch_) again = clock_.monotonic_ms() + std::chrono::milliseconds(list_again_after).count();
    co_await list_again_.until(again, stop);
    watch_.reset();
  }
}

void ObjectExchange::take(const ObjectEvent& event) {
  if (event.op == ObjectEvent::Op::added || event.op == ObjectEvent::Op::changed) take_object(event.object);
  if (event.op == ObjectEvent::Op::removed) forget(event.object);
  if (event.op == ObjectEvent::Op::expired) list_again_.ring();
}

// Most of what a watch tells is what this process wrote itself: that is seen without reading the document.
bool ObjectExchange::is_known(const Object& object) const {
  const TargetRecord* record = known(object.key.name);
  return record && record->uid == object.uid && record->version >= object.version;
}

void ObjectExchange::take_object(const Object& object) {
  if (is_known(object)) return;
  auto record = target_record(object.document);
  const TargetRecord* of_name = known(object.key.name);  // what a spec says of its name may be foreign
  const std::string target = of_name && of_name->uid == object.uid ? object.key.name : target_of(object, record);
  Kept& kept = targets_[target];
  const bool same_object = kept.record.uid == object.uid;
  if (same_object && object.version <= kept.record.version) return;  // what this process wrote itself
  if (is_foreign(kept, object, record)) {
    say_foreign(target, kept);
    if (record) record->assignment = kept.record.assignment;
  } else {
    kept.corrections.end();
  }
  if (!record) {
    log_.error("a SyncTarget cannot be read; what was known of it stays in use",
               {{"target", object.key.name}, {"why", record.error().message}});
    kept.record.version = object.version;
    return;
  }
  // `repair_now` is of this process and not in the object.
  const bool same_spec =
      kept.record.assignment && record->assignment && to_json(*kept.record.assignment) == to_json(*record->assignment);
  if (same_spec) record->assignment = kept.record.assignment;
  if (kept.stand && same_object)
    keep_status(kept, *record);
  else
    keep_what_says_more(kept.record, *record);
  kept.record = std::move(*record);
  if (!same_spec) ring(target);
  tell(target);
}

// The status is written by this side, and what was said since is not in the object yet.
void ObjectExchange::keep_status(const Kept& kept, TargetRecord& read) {
  read.last = kept.record.last;
  read.plan = kept.record.plan;
  read.waiting = kept.record.waiting;
  read.history = kept.record.history;
  read.hold_since_ms = kept.record.hold_since_ms;
  read.conditions = kept.record.conditions;
}

void ObjectExchange::forget(const Object& object) {
  const auto found = std::find_if(targets_.begin(), targets_.end(), [&](const auto& entry) {
    const TargetRecord& record = entry.second.record;
    return !record.uid.empty() && record.name_space == object.key.name_space && record.name == object.key.name;
  });
  if (found == targets_.end() || object.version < found->second.record.version) return;  // it was made anew since
  const std::string target = found->first;
  found->second.before = found->second.newest();
  found->second.tokens_after = 0;
  found->second.record = TargetRecord();
  found->second.written.clear();
  found->second.corrections.end();
  ring(target);
  tell(target);
}

// ---------------------------------------------------------------- what others write into a spec

// A higher token is that of another controller.
bool ObjectExchange::is_foreign(const Kept& kept, const Object& object, const Result<TargetRecord>& record) const {
  if (kept.written.empty() || !kept.record.assignment || kept.record.uid != object.uid) return false;
  if (!record || !record->assignment) return true;
  if (record->assignment->token > kept.record.assignment->token) return false;
  const std::string text = to_json(*record->assignment);
  return text != kept.written && text != kept.writing;
}

void ObjectExchange::say_foreign(const std::string& target, Kept& kept) {
  if (kept.corrections.begin(clock_.monotonic_ms()))
    log_.warning("somebody changed what a target is assigned; it is written over. Change the GatewaySync instead",
                 {{"target", target}, {"object", kept.record.name_space + "/" + kept.record.name}});
  correct_.ring();
}

asio::awaitable<void> ObjectExchange::correct(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::optional<std::int64_t> first;
    std::vector<std::string> due;
    for (const auto& [target, kept] : targets_) {
      const auto at = kept.corrections.due();
      if (at && *at <= clock_.monotonic_ms()) due.push_back(target);
      if (at && (!first || *at < *first)) first = at;
    }
    for (const std::string& target : due) co_await correct_one(target);
    if (due.empty()) (void)co_await correct_.until(first, stop);
  }
}

asio::awaitable<void> ObjectExchange::correct_one(std::string target) {
  Kept& kept = targets_[target];
  kept.corrections.tried(clock_.monotonic_ms());
  if (!kept.record.assignment) co_return;
  Assignment ours = *kept.record.assignment;
  auto written = co_await write_spec(std::move(ours));
  if (!written && written.error() != errc::conflict)  // else somebody assigned something newer meanwhile
    (void)targets_[target].corrections.begin(clock_.monotonic_ms());
}

// ---------------------------------------------------------------- Assignments

Async<void> ObjectExchange::put(Assignment assignment) {
  if (is_overtaken(targets_[assignment.target].newest(), assignment)) co_return overtaken(assignment);
  if (!only_look_) {
    auto written = co_await write_spec(assignment);
    if (!written) co_return written;
  }
  const std::string target = assignment.target;
  targets_[target].record.assignment = std::move(assignment);
  ring(target);
  tell(target);
  co_return Result<void>();
}

// A target that moved to the Sync of another namespace has a new object there.
Async<void> ObjectExchange::write_spec(Assignment assignment) {
  TargetRecord& before = targets_[assignment.target].record;
  if (!before.uid.empty() && before.name_space != assignment.name_space) {
    auto removed = co_await store_.remove(key_of(before.name_space, before.name), before.uid, 0, written_by_host);
    if (!removed && removed.error() != errc::not_found) co_return std::move(removed).error();
    Kept& moved = targets_[assignment.target];  // what people asked of it goes along
    moved.record.uid.clear();
    moved.record.version = 0;
    moved.unsaid = true;
  }
  const std::string target = assignment.target, name_space = assignment.name_space;
  const std::string text = as_read(assignment);
  targets_[target].writing = text;  // its event may come before the answer
  auto written = co_await try_to_write_spec(std::move(assignment));
  if (!written) co_return std::move(written).error();
  Kept& kept = targets_[target];
  kept.written = text;
  kept.record.name = object_name(target);
  kept.record.name_space = name_space;
  kept.record.uid = written->uid;
  kept.record.generation = generation_of(written->document);
  kept.record.version = std::max(kept.record.version, written->version);  // what came later may have been heard
  co_return Result<void>();
}

Async<Object> ObjectExchange::try_to_write_spec(Assignment assignment) {
  Result<Object> written;
  for (int tries = 0; tries < tries_max; ++tries) {
    const TargetRecord& record = targets_[assignment.target].record;
    const bool is_there = !record.uid.empty();
    const std::string document = sync_target(assignment, record);
    if (is_there)
      written = co_await store_.update(resource::sync_targets, Part::spec, document, written_by_host);
    else
      written = co_await store_.insert(resource::sync_targets, document, written_by_host);
    if (written || (written.error() != errc::conflict && written.error() != errc::not_found)) break;
    auto seen = co_await refresh(key_of(assignment.name_space, assignment.target));
    if (!seen) co_return std::move(seen).error();
    const TargetRecord& seen_now = targets_[assignment.target].record;
    if (is_overtaken(seen_now.assignment, assignment)) co_return overtaken(assignment);
  }
  co_return written;
}

// Reads the object as it is now; it may be gone.
Async<std::uint64_t> ObjectExchange::refresh(ObjectKey key) {
  auto found = co_await store_.get(key);
  if (found) {
    take_object(*found);
    co_return found->version;
  }
  if (found.error() != errc::not_found) co_return std::move(found).error();
  for (auto& [target, kept] : targets_) {
    if (kept.record.name != key.name || kept.record.name_space != key.name_space) continue;
    kept.record.uid.clear();
    kept.record.version = 0;
    kept.unsaid = true;
  }
  co_return std::uint64_t(0);
}

void ObjectExchange::start_from(Assignment on_volume, std::uint64_t tokens_after) {
  const std::string target = on_volume.target;
  Kept& kept = targets_[target];
  const std::optional<Assignment> known = kept.newest();
  if (known && known->token >= on_volume.token) return;
  kept.before = std::move(on_volume);
  kept.tokens_after = tokens_after;
}

Async<std::optional<Assignment>> ObjectExchange::newest(std::string target) const {
  const auto found = targets_.find(target);
  if (found == targets_.end()) co_return std::optional<Assignment>();
  std::optional<Assignment> assignment = found->second.newest();
  const TargetRecord& record = found->second.record;
  if (assignment) {
    assignment->plan_due = is_due(assignment->plan.asked, record.plan);
    assignment->waiting_due = is_due(assignment->waiting.asked, record.waiting);
  }
  co_return assignment;
}

TargetWishes ObjectExchange::wishes(const std::string& target) const {
  TargetWishes wishes;
  const TargetRecord* record = known(target);
  if (!record) return wishes;
  const auto text = [&](const char* key) {
    const auto found = record->annotations.find(std::string("stoker.io/") + key);
    return found == record->annotations.end() ? std::string() : std::string(beginning(found->second, wish_bytes_max));
  };
  wishes.paused = text("paused") == "true";
  wishes.paused_by = text("paused-by");
  wishes.paused_because = text("paused-because");
  wishes.retry = text("retry");
  return wishes;
}

Async<void> ObjectExchange::remove(std::string target) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) co_return Result<void>();
  const TargetRecord record = found->second.record;
  if (!record.uid.empty() && !only_look_) {
    auto removed = co_await store_.remove(key_of(record.name_space, target), record.uid, 0, written_by_host);
    if (!removed && removed.error() != errc::not_found) co_return std::move(removed).error();
  }
  Kept& kept = targets_[target];
  kept.record = TargetRecord();
  kept.before.reset();
  kept.written.clear();
  kept.corrections.end();
  ring(target);
  tell(target);
  co_return Result<void>();
}

// ---------------------------------------------------------------- Reports

Async<std::optional<Report>> ObjectExchange::last(std::string target) const {
  const TargetRecord* record = known(target);
  co_return record ? record->last : std::nullopt;
}

Async<void> ObjectExchange::report(std::string target, Report report) {
  const bool is_plan = !report.answers_plan.empty();
  if (!is_plan && targets_[target].announced != report.id) {  // else only its object could not be written
    co_await take_report_(report);
    targets_[target].announced = report.id;
  }
  Kept& kept = targets_[target];
  if (!kept.stand) kept.stand.emplace();
  const bool of_waiting = report.of_waiting;
  TargetRecord& known = kept.record;
  const std::optional<Report>& stored = !is_plan ? known.last : of_waiting ? known.waiting : known.plan;
  if (!stored || stored->id != report.id) known.take(std::move(report));
  (void)renew_conditions(known, *kept.stand, clock_.wall_ms());
  if (!open_) co_return Error(errc::unreachable, "the objects are not open yet", "object.closed");
  if (!only_look_) {
    auto written = co_await write_status(target);
    TargetRecord& record = targets_[target].record;
    if (!written && written.error() == errc::invalid && is_plan) (of_waiting ? record.waiting : record.plan).reset();
    if (!written) co_return written;
  }
  tell(target);
  co_return Result<void>();
}

Async<void> ObjectExchange::tell_stand(std::string target, AgentStand stand) {
  Kept& kept = targets_[target];
  kept.stand = std::move(stand);
  const bool is_news = renew_conditions(kept.record, *kept.stand, clock_.wall_ms());
  if (!open_) kept.unsaid = true;  // told again when the objects are there
  if (!open_ || (!is_news && !kept.unsaid)) co_return Result<void>();
  Result<void> written;
  if (!only_look_) written = co_await write_status(target);
  if (!written) targets_[target].unsaid = true;
  tell(target);
  co_return written;
}

// Two may write at once: whoever comes second meets a conflict, and writes what is known by then, which is all of it.
// A target that nothing was assigned to has no object; what is said of it is known in this process alone.
Async<void> ObjectExchange::write_status(std::string target) {
  Result<Object> written;
  for (int tries = 0; tries < tries_max; ++tries) {
    const TargetRecord& record = targets_[target].record;
    if (record.uid.empty()) co_return Result<void>();
    const ObjectKey key = key_of(record.name_space, target);
    std::string document = sync_target_status(record);
    written = co_await store_.update(resource::sync_targets, Part::status, std::move(document), written_by_host);
    if (written || (written.error() != errc::conflict && written.error() != errc::not_found)) break;
    auto seen = co_await refresh(key);
    if (!seen) co_return std::move(seen).error();
    Kept& now = targets_[target];
    (void)renew_conditions(now.record, *now.stand, clock_.wall_ms());  // perhaps something newer is assigned
  }
  if (!written) co_return std::move(written).error();
  Kept& now = targets_[target];
  now.unsaid = false;
  now.record.version = std::max(now.record.version, written->version);
  co_return Result<void>();
}

// ---------------------------------------------------------------- changes

Exchange::Bell ObjectExchange::changed(std::string target, std::function<void()> ring) {
  auto bell = std::make_shared<const std::function<void()>>(std::move(ring));
  auto& bells = targets_[target].bells;
  std::erase_if(bells, [](const auto& each) { return each.expired(); });
  bells.push_back(bell);
  return bell;
}

std::vector<std::string> ObjectExchange::targets() const {
  std::vector<std::string> names;
  for (const auto& [target, kept] : targets_)
    if (!kept.record.uid.empty()) names.push_back(target);
  return names;
}

const TargetRecord* ObjectExchange::known(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() ? nullptr : &found->second.record;
}

void ObjectExchange::ring(const std::string& target) {
  std::vector<Bell> rung;
  for (const auto& each : targets_[target].bells)
    if (auto bell = each.lock()) rung.push_back(std::move(bell));
  for (const Bell& bell : rung) (*bell)();
}

void ObjectExchange::tell(const std::string& target) const {
  if (told_) told_(target);
}

}  // namespace stoker::host
