// The questions, in the order in which they are put, and how each is answered.
#include "probe.hpp"

#include "facts.hpp"
#include "finding.hpp"

#include <algorithm>

namespace ignition {

using std::chrono::milliseconds;
using std::chrono::seconds;
using stoker::Call;
using stoker::Check;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr milliseconds step{100}, slow_step{1000};
constexpr milliseconds shown_limit{30000}, moved_limit{10000}, settle_time{5000}, automatic_min{20000},
    automatic_limit{60000};
constexpr milliseconds reserve{150000};      // of the call's time, for the removal
constexpr milliseconds last_patience{4000};  // of a cancelled call, for the removal: the host waits no longer
constexpr seconds short_hold{10}, acquire{5}, hold_max{150};
constexpr int tries = 5;

// A call that a cancel does not end: what was made has to be removed.
class LastCall : public stoker_call {
 public:
  LastCall(const Call& outer, milliseconds limit)
      : stoker_call(*outer.raw()), outer_(outer.raw()), end_(std::chrono::steady_clock::now() + limit) {
    remaining_ms = [](const stoker_call* call) -> std::int64_t {
      return std::chrono::duration_cast<milliseconds>(self(call).end_ - std::chrono::steady_clock::now()).count();
    };
    cancelled = [](const stoker_call*) { return 0; };
    fail = [](const stoker_call* call, const stoker_error* error) {
      return self(call).outer_->fail(self(call).outer_, error);
    };
    progress = [](const stoker_call*, std::uint64_t, std::uint64_t, stoker_str) {};
  }

 private:
  static const LastCall& self(const stoker_call* call) { return *static_cast<const LastCall*>(call); }
  const stoker_call* outer_;
  std::chrono::steady_clock::time_point end_;
};

std::string in_seconds(std::int64_t ms) {
  const std::string tenths = std::to_string((ms + 50) / 100);
  return (tenths.size() > 1 ? tenths.substr(0, tenths.size() - 1) : "0") + "." + tenths.back() + " s";
}
std::string after(const std::optional<std::int64_t>& ms, const std::string& what, milliseconds limit) {
  return what + (ms ? " after " + in_seconds(*ms) : " not within " + in_seconds(limit.count()));
}

}  // namespace

const Probe::Item Probe::items[] = {
    {"ready", &Probe::ready},
    {"scan of a change", &Probe::scan_of_a_change},
    {"scan without a change", &Probe::scan_without_a_change},
    {"stamping", &Probe::stamping},
    {"change of data alone", &Probe::data_alone},
    {"lock during a scan", &Probe::lock_during_a_scan},
    {"automatic scans", &Probe::automatic_scans},
    {"lock against automatic scans", &Probe::lock_against_automatic_scans},
    {"second request", &Probe::second_request},  // after it is known whether other scans are among those it counts
};

Probe::Probe(Parts parts) : parts_(parts), project_(parts.disk.data()) {}

std::vector<Check> Probe::make(Call& call) {
  std::vector<Check> checks;
  const auto put = [&checks](std::string_view name, Check check) {
    check.name = name;
    checks.push_back(std::move(check));
  };
  std::string ended;  // why the rest is not asked
  for (const Item& item : items) {
    if (ended.empty() && call.cancelled()) ended = "cancelled";
    if (ended.empty() && call.remaining() < reserve) ended = "there was no time left for it";
    if (!ended.empty()) {
      put(item.name, skipped(ended));
      continue;
    }
    auto found = (this->*item.question)(call);
    if (found)
      put(item.name, *std::move(found));
    else
      put(item.name, found.error() == errc::cancelled ? skipped("cancelled") : fail(found.error().message));
    if (item.question == &Probe::ready && !ready_)
      ended = "the probe could not begin";
    else if (!found && found.error() == errc::cancelled)
      ended = "cancelled";
    else if (!found && found.error() == errc::conflict)
      ended = "somebody else works with the scans of this gateway";
    else if (item.question == &Probe::scan_of_a_change && !works_)
      ended = "the first scan was not seen to do anything";
  }
  if (ready_) put("removed", remove(call));
  return checks;
}

// ---- what the questions are put together from

// A scan request ends the lock of whoever has it: not of somebody else.
Result<void> Probe::may_go_on(Call& call) const {
  auto holder = parts_.scan.holder(call, ScanArea::projects);
  if (!holder) return std::move(holder).error();
  if (!*holder || (held_ && (*holder)->timestamp == *held_)) return {};
  return Error(errc::conflict, "the scan lock of projects is held by " + (*holder)->actor, "ignition.probe");
}

// Asks for a scan, which gives our lock back; the status before it.
Result<ScanStatus> Probe::request(Call& call) {
  if (auto may = may_go_on(call); !may) return std::move(may).error();
  auto before = parts_.scan.status(call, ScanArea::projects);
  if (!before) return before;
  auto asked = parts_.scan.request(call, ScanArea::projects);
  if (!asked) return std::move(asked).error();
  held_.reset();
  return before;
}

Result<std::string> Probe::shown_title(Call& call) const {
  auto json = parts_.gateway.get(call, "/data/api/v1/projects/find/" + escaped(project_.name()));
  if (!json && json.error() == errc::not_found) return std::string();
  if (!json) return std::move(json).error();
  auto title = text_field(*json, "projects/find", "title");
  if (!title) return std::move(title).error();
  return title->value_or("");
}

// A change that can be seen from outside when it is loaded.
Result<std::string> Probe::new_title(Call& call) {
  if (auto going = call.check(); !going) return std::move(going).error();
  std::string title = "probe " + std::to_string(++titles_);
  if (auto written = project_.write_title(title); !written) return std::move(written).error();
  return title;
}

// Looks at the status and at the shown title, until `enough` or the limit.
template <class Enough>
Result<Probe::Seen> Probe::watch(Call& call, const ScanStatus& before, const std::string& title, milliseconds limit,
                                 milliseconds between, Enough enough) const {
  Seen seen;
  seen.last = before;
  const std::int64_t begun_ms = parts_.clock.monotonic_ms();
  for (;;) {
    auto now = parts_.scan.status(call, ScanArea::projects);
    if (!now) return std::move(now).error();
    auto shown = shown_title(call);
    if (!shown) return std::move(shown).error();
    const std::int64_t at_ms = parts_.clock.monotonic_ms() - begun_ms;
    if (now->active && !seen.active_ms) seen.active_ms = at_ms;
    if (now->last != seen.last.last && ++seen.moves == 1) seen.moved_ms = at_ms;
    if (*shown == title && !seen.shown_ms) seen.shown_ms = at_ms;
    seen.last = *now;
    if (enough(seen, at_ms) || at_ms >= limit.count()) return seen;
    if (auto slept = parts_.clock.sleep(call, between); !slept) return std::move(slept).error();
  }
}

// Until nothing is active for a while.
Result<void> Probe::settle(Call& call) {
  std::int64_t idle_since = parts_.clock.monotonic_ms();
  const std::int64_t end_ms = idle_since + shown_limit.count();
  for (;;) {
    auto now = parts_.scan.status(call, ScanArea::projects);
    if (!now) return std::move(now).error();
    const std::int64_t now_ms = parts_.clock.monotonic_ms();
    if (now->active) idle_since = now_ms;
    if (now_ms - idle_since >= settle_time.count() / 2 || now_ms >= end_ms) return {};
    if (auto slept = parts_.clock.sleep(call, step); !slept) return slept;
  }
}

// ---- the questions

Probe::Found Probe::ready(Call& call) {
  auto facts = observe(call, parts_.gateway, parts_.disk, parts_.clock.wall_ms());
  if (!facts) return std::move(facts).error();
  if (facts->state != State::running) return fail("the gateway is " + std::string(ignition::name(facts->state)));
  if (!facts->hold_name.empty()) return fail(facts->hold_reason);
  if (!parts_.disk.has("projects")) return fail("the data folder has no projects/");
  if (auto may = parts_.scan.check_write(call); !may) return std::move(may).error();
  if (auto may = may_go_on(call); !may) return std::move(may).error();
  ready_ = true;  // whatever comes of it now is removed
  ++titles_;
  if (auto made = project_.make("probe 1", "# probe 1\n"); !made) return std::move(made).error();
  return ok("Ignition " + facts->version + ", " + facts->role + "; the probe's project is " + project_.name());
}

Probe::Found Probe::scan_of_a_change(Call& call) {
  auto before = request(call);
  if (!before) return std::move(before).error();
  auto seen = watch(call, *before, "probe 1", shown_limit, step, [](const Seen& now, std::int64_t at_ms) {
    return now.shown_ms && (now.moved_ms || at_ms > *now.shown_ms + settle_time.count()) && !now.last.active;
  });
  if (!seen) return std::move(seen).error();
  works_ = seen->shown_ms.has_value();
  const std::string text = after(seen->shown_ms, "the new project is listed", shown_limit) + "; " +
                           after(seen->moved_ms, "lastScanTimestamp moved", settle_time) + "; scanActive was " +
                           (seen->active_ms ? "seen after " + in_seconds(*seen->active_ms) : "never seen") +
                           "; lastScanTimestamp " + std::to_string(before->last) + " -> " +
                           std::to_string(seen->last.last) + ", lastScanDuration " +
                           std::to_string(seen->last.duration) + " ms";
  return works_ ? ok(text) : fail(text, "is the target's data folder the one of this gateway?");
}

Probe::Found Probe::scan_without_a_change(Call& call) {
  auto before = request(call);
  if (!before) return std::move(before).error();
  auto seen = watch(call, *before, {}, moved_limit, step,
                    [](const Seen& now, std::int64_t) { return now.moved_ms && !now.last.active; });
  if (!seen) return std::move(seen).error();
  return ok(after(seen->moved_ms, "lastScanTimestamp moved", moved_limit));
}

Probe::Found Probe::stamping(Call&) {
  const bool stamped = project_.is_stamped();
  return ok(std::string("the scan ") + (stamped ? "rewrote" : "left") + " the resource.json of a project's resource" +
            (stamped ? "" : " as it was") + "; projects/.resources " +
            (project_.in_cache("# probe 1\n") ? "holds" : "does not hold") + " the resource's data");
}

// Did the gateway take these bytes up, as far as it shows it on disk?
Result<bool> Probe::taken_up(Call& call, const std::string& code, const std::string& descriptor) const {
  const std::int64_t begun_ms = parts_.clock.monotonic_ms();
  for (;;) {
    auto scan = parts_.scan.status(call, ScanArea::projects);
    if (!scan) return std::move(scan).error();
    if (project_.in_cache(code) || project_.descriptor() != descriptor) return true;
    const std::int64_t at_ms = parts_.clock.monotonic_ms() - begun_ms;
    if (at_ms >= (scan->active ? shown_limit : moved_limit).count()) return false;
    if (auto slept = parts_.clock.sleep(call, step); !slept) return std::move(slept).error();
  }
}

Probe::Found Probe::data_alone(Call& call) {
  if (!project_.in_cache("# probe 1\n") && !project_.is_stamped())
    return skipped("this gateway shows on disk neither a stamp nor a cache of what it loaded");
  const std::string code = "# probe 2: data alone\n", descriptor = project_.descriptor();
  if (auto written = project_.write_code(code); !written) return std::move(written).error();
  if (auto asked = request(call); !asked) return std::move(asked).error();
  auto seen = taken_up(call, code, descriptor);
  if (!seen) return std::move(seen).error();
  if (*seen) return ok("a scan takes up a change of data under an untouched resource.json");
  if (auto touched = project_.touch_descriptor(); !touched) return std::move(touched).error();
  if (auto asked = request(call); !asked) return std::move(asked).error();
  seen = taken_up(call, code, descriptor);
  if (!seen) return std::move(seen).error();
  if (*seen)
    return warn("a scan misses a change of data until resource.json has a newer time",
                "attach this report to an issue of Stoker");
  return skipped("neither the change nor a newer resource.json was seen to be taken up");
}

Probe::Found Probe::lock_during_a_scan(Call& call) {
  std::string last = "a scan was over before the lock was asked for";
  for (int i = 0; i < tries; ++i) {
    if (auto idle = settle(call); !idle) return std::move(idle).error();
    if (auto title = new_title(call); !title) return std::move(title).error();
    auto before = request(call);
    if (!before) return std::move(before).error();
    auto seen = watch(call, *before, {}, milliseconds(2000), milliseconds(10),
                      [](const Seen& now, std::int64_t) { return now.last.active || now.moved_ms; });
    if (!seen) return std::move(seen).error();
    if (!seen->last.active) continue;
    const std::int64_t asked_ms = parts_.clock.monotonic_ms();
    auto lock = parts_.scan.take(call, ScanArea::projects, acquire, short_hold);
    if (!lock) return std::move(lock).error();
    if (!*lock)
      return ok("refused while a scan is active, with acquireTimeout " + std::to_string(acquire.count()) + " s");
    held_ = (*lock)->timestamp;
    const std::int64_t waited_ms = parts_.clock.monotonic_ms() - asked_ms;
    auto now = parts_.scan.status(call, ScanArea::projects);
    if (auto given_back = request(call); !given_back) return std::move(given_back).error();
    if (!now) return std::move(now).error();
    if (now->active) return ok("granted while a scan is active");
    last = "granted after " + in_seconds(waited_ms) + ", when the scan that was active had ended";
  }
  return last.starts_with("granted") ? ok(last) : skipped(last + ", in " + std::to_string(tries) + " tries");
}

Probe::Found Probe::second_request(Call& call) {
  for (int i = 0; i < tries; ++i) {
    if (auto idle = settle(call); !idle) return std::move(idle).error();
    auto first = new_title(call);
    if (!first) return std::move(first).error();
    auto before = request(call);
    if (!before) return std::move(before).error();
    auto active = watch(call, *before, {}, milliseconds(2000), milliseconds(10),
                        [](const Seen& now, std::int64_t) { return now.last.active || now.moved_ms; });
    if (!active) return std::move(active).error();
    if (!active->last.active) continue;
    auto second = new_title(call);
    if (!second) return std::move(second).error();
    auto again = request(call);
    if (!again) return std::move(again).error();
    auto then = parts_.scan.status(call, ScanArea::projects);
    if (!then) return std::move(then).error();
    if (!again->active || !then->active || then->last != again->last) continue;  // the first scan ended meanwhile
    std::int64_t busy_ms = 0;
    auto seen = watch(call, *before, *second, shown_limit, milliseconds(50), [&](const Seen& now, std::int64_t at_ms) {
      if (now.last.active) busy_ms = at_ms;
      return at_ms - busy_ms >= settle_time.count();
    });
    if (!seen) return std::move(seen).error();
    const std::string moves = "a request while a scan is active: lastScanTimestamp moved " +
                              std::to_string(seen->moves) + (seen->moves == 1 ? " time" : " times") +
                              (automatic_ms_ ? ", automatic scans among them" : "");
    if (seen->shown_ms) return ok(moves + ", and a change made between the two requests was loaded");
    return ok(moves + ", and a change made between the two requests was not loaded: the second request was lost");
  }
  return skipped("a scan was over before it could be asked for again, in " + std::to_string(tries) + " tries");
}

Probe::Found Probe::automatic_scans(Call& call) {
  if (auto idle = settle(call); !idle) return std::move(idle).error();
  auto before = parts_.scan.status(call, ScanArea::projects);
  if (!before) return std::move(before).error();
  auto title = new_title(call);
  if (!title) return std::move(title).error();
  auto seen = watch(call, *before, *title, automatic_limit, slow_step,
                    [](const Seen& now, std::int64_t) { return now.shown_ms.has_value(); });
  if (!seen) return std::move(seen).error();
  automatic_ms_ = seen->shown_ms;
  if (!automatic_ms_)
    return ok("a change that nobody asked to scan was not loaded within " + in_seconds(automatic_limit.count()));
  return ok("a change that nobody asked to scan was loaded after " + in_seconds(*automatic_ms_) + "; " +
            (seen->moved_ms ? "lastScanTimestamp moved" : "lastScanTimestamp did not move"));
}

Probe::Found Probe::lock_against_automatic_scans(Call& call) {
  if (!automatic_ms_) return skipped("no automatic scan was seen");
  const milliseconds wait =
      std::clamp<milliseconds>(milliseconds(*automatic_ms_) * 2 + settle_time, automatic_min, automatic_limit);
  auto before = parts_.scan.status(call, ScanArea::projects);
  if (!before) return std::move(before).error();
  auto lock = parts_.scan.take(call, ScanArea::projects, acquire,
                               std::min(std::chrono::ceil<seconds>(wait) + seconds(20), hold_max));
  if (!lock) return std::move(lock).error();
  if (!*lock) return skipped("the lock was not got");
  held_ = (*lock)->timestamp;
  auto title = new_title(call);
  if (!title) return std::move(title).error();
  auto seen = watch(call, *before, *title, wait, slow_step,
                    [](const Seen& now, std::int64_t) { return now.shown_ms.has_value(); });
  if (!seen) return std::move(seen).error();
  auto holder = parts_.scan.holder(call, ScanArea::projects);
  if (!holder) return std::move(holder).error();
  const bool still_ours = *holder && (*holder)->timestamp == *held_;
  if (still_ours)
    if (auto given_back = request(call); !given_back) return std::move(given_back).error();
  held_.reset();
  if (!still_ours) return skipped("somebody asked for a scan meanwhile, which ended the lock");
  if (!seen->shown_ms) return ok("no automatic scan within " + in_seconds(wait.count()) + " of a held lock");
  return warn("an automatic scan runs although the lock is held, after " + in_seconds(*seen->shown_ms),
              "set -Dignition.projects.scanFrequency to 0, or deliver while a load of half a tree does no harm");
}

// ---- the end

// Also when the call was cancelled: then without waiting for the end of the scan.
Check Probe::remove(Call& call) {
  const bool hurry = call.cancelled();
  const LastCall last(call, hurry ? last_patience : shown_limit * 2);
  Call going(&last);
  const std::string by_hand = "remove " + project_.folder().string() + " and scan the projects";
  auto gone = project_.remove();
  if (!gone) return fail(gone.error().message, by_hand);
  auto asked = request(going);
  if (!asked)
    return fail("the project was removed from disk, and no scan was asked for: " + asked.error().message,
                "scan the projects");
  if (hurry) return ok("the project was removed, and a scan was asked for");
  auto seen = watch(going, *asked, {}, shown_limit, step,
                    [](const Seen& now, std::int64_t) { return now.shown_ms && !now.last.active; });
  if (!seen || !seen->shown_ms)
    return warn("the project was removed, and the gateway still lists it", "scan the projects");
  return ok("the project is gone " + in_seconds(*seen->shown_ms) + " after the request");
}

}  // namespace ignition
