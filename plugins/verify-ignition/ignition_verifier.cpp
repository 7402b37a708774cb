// The verbs, put together from the parts beside this file.
#include "ignition_verifier.hpp"

#include "designers.hpp"
#include "diagnosis.hpp"
#include "facts.hpp"
#include "plan_checks.hpp"
#include "probe.hpp"
#include "read_back.hpp"
#include "verification.hpp"

namespace ignition {

using std::chrono::milliseconds;
using std::chrono::seconds;
using stoker::Call;
using stoker::Decision;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr milliseconds starting_again{5000}, locked_again{10000}, token_again{60000};
constexpr milliseconds scan_wait{20000};     // for a scan that somebody asked for, within the call of lock
constexpr std::int64_t remaining_min_s = 5;  // of a lock of our own that is taken up again
constexpr std::int64_t restart_ms = 60000;   // two estimates of one start differ by less
constexpr std::size_t unhealthy_max = 50;

seconds whole_seconds(const stoker::Config& config, const char* pointer, seconds otherwise) {
  return std::max(std::chrono::ceil<seconds>(config.duration(pointer, otherwise)), seconds(1));
}

}  // namespace

Settings Settings::from(const stoker::Config& config) {
  return {whole_seconds(config, "/settings/acquireTimeout", seconds(10)),
          whole_seconds(config, "/settings/holdTimeout", seconds(60)),
          config.duration("/settings/scanTimeout", seconds(120)),
          config.duration("/settings/scanSettle", seconds(10)),
          config.duration("/settings/designerInterval", seconds(10)),
          config.text("/use/target/data")};
}

IgnitionVerifier::IgnitionVerifier(const stoker::Config& config, const stoker::Host& host)
    : settings_(Settings::from(config)),
      gateway_(host.http_client(), Address::from(config)),
      clock_(host.clock()),
      log_(host.log()),
      scan_(gateway_, clock_),
      disk_(settings_.data),
      locks_(scan_) {}

Decision IgnitionVerifier::hold_state(State state) const {
  Decision hold =
      state == State::commissioning
          ? Decision::hold("commissioning", "the gateway waits to be commissioned", time_after(starting_again))
          : Decision::hold("starting", "the gateway is starting", time_after(starting_again));
  hold.ended_by = "the gateway runs";
  return hold;
}

// The permissions that a gateway comes with let no API key write.
Decision IgnitionVerifier::hold_token(const std::string& why) const {
  Decision hold = Decision::hold(
      "token",
      why +
          ". Make a security level of two parts for Stoker (Authenticated/stoker), give it to the key, and name it in "
          "the access, read and write permissions of the gateway; if the key is unknown, check gateway.apiKey",
      time_after(token_again));
  hold.ended_by = "the gateway lets the key read and write";
  return hold;
}

// The uptime is as exact as the answer was fast: one start keeps one text.
Result<Facts> IgnitionVerifier::observe_and_keep_start(Call& call) {
  auto seen = ignition::observe(call, gateway_, disk_, clock_.wall_ms());
  if (!seen || !seen->started_ms) return seen;
  if (started_ms_ && std::abs(*seen->started_ms - *started_ms_) < restart_ms) seen->started_ms = started_ms_;
  started_ms_ = seen->started_ms;
  return seen;
}

Result<void> IgnitionVerifier::observe(Call& call, std::string_view, const stoker::Text& facts) {
  auto seen = observe_and_keep_start(call);
  if (!seen) return std::move(seen).error();
  if (seen->state == State::running) seen->designers = count_designers(call, gateway_);
  return facts.put(write(*seen));
}

// ---- admit

Result<void> IgnitionVerifier::admit(Call& call, std::string_view document, const stoker::Plan& plan,
                                     const stoker::Out<Decision>& out) {
  auto assignment = read_assignment(document);
  if (!assignment) return std::move(assignment).error();
  auto touched = footprint(plan, *assignment);
  if (!touched) return std::move(touched).error();
  auto decision = decide(call, *assignment, plan, *touched);
  if (!decision) return std::move(decision).error();
  return out.put(*decision);
}

// What the plan itself does wrong is said whoever is there to ask; the rest needs a gateway that runs.
Result<Decision> IgnitionVerifier::decide(Call& call, const Assignment& assignment, const stoker::Plan& plan,
                                          const Footprint& touched) {
  auto fine = check_plan(plan, touched, disk_, assignment.role, gateway_.address().key_name());
  if (!fine || fine->verdict != Decision::Verdict::allow) return fine;
  if (cannot_be_asked(assignment.state)) return Decision::allow();
  auto ending = check_key(call);
  if (!ending) return std::move(ending).error();
  if (*ending) return **std::move(ending);
  auto known = check_references(call, gateway_, plan, touched, disk_);
  if (!known || known->verdict != Decision::Verdict::allow) return known;
  return ask_designers(call, gateway_, assignment.designer, time_after(settings_.designer_interval), log_);
}

// Reads, then asks to write in a way that changes nothing: a key that may only read is found out before the files are
// touched, and not by a scan that fails after them.
IgnitionVerifier::Ending IgnitionVerifier::check_key(Call& call) {
  const auto read = scan_.status(call, ScanArea::projects);
  const Result<void> written = read ? scan_.check_write(call) : Result<void>(read.error());
  if (written) return std::optional<Decision>();
  const Error& why = written.error();
  if (why == errc::denied) return std::optional(hold_token(why.message));
  // It may have begun to restart since it was observed.
  const auto state = state_of(why);
  if (state && *state != State::down) return std::optional(hold_state(*state));
  return why;  // it went down since it was observed, or the request itself failed
}

// ---- lock

Result<void> IgnitionVerifier::lock(Call& call, std::string_view document, const stoker::Plan& plan,
                                    const stoker::Out<Decision>& out, const stoker::Text& text) {
  auto assignment = read_assignment(document);
  if (!assignment) return std::move(assignment).error();
  auto touched = footprint(plan, *assignment);
  if (!touched) return std::move(touched).error();
  Ticket ticket;
  ticket.areas = touched->areas;
  auto ending = check_before_lock(call, *assignment, ticket);
  if (!ending) return std::move(ending).error();
  if (*ending) return out.put(**ending);
  if (!cannot_be_asked(ticket.state)) {
    if (assignment->baseline) {
      ticket.baseline = *assignment->baseline;
    } else {
      auto seen = read_back(call, gateway_, *touched, touched->resources_removed, disk_);
      if (!seen) return std::move(seen).error();
      ticket.baseline = std::move(seen->now);
    }
    auto taken = take_locks(call, *assignment, ticket);
    if (!taken && taken.error() == errc::denied) return out.put(hold_token(taken.error().message));
    if (!taken) return std::move(taken).error();
    if (*taken) return out.put(**taken);
  }
  if (auto put = text.put(write(ticket)); !put) return put;
  return out.put(Decision::allow());
}

// The state now decides, not the one that the Run began with.
IgnitionVerifier::Ending IgnitionVerifier::check_before_lock(Call& call, const Assignment& assignment, Ticket& ticket) {
  auto facts = observe_and_keep_start(call);
  if (!facts) return std::move(facts).error();
  ticket.state = facts->state;
  if (cannot_be_asked(facts->state)) return std::optional<Decision>();
  if (facts->state != State::running) {
    if (assignment.lock_only) return not_there(facts->state);
    return std::optional(hold_state(facts->state));
  }
  if (assignment.lock_only) return std::optional<Decision>();
  if (cannot_be_asked(assignment.state))  // it came up since: nobody has asked it about this plan
    return std::optional(
        Decision::hold("starting", "the gateway came up meanwhile and is asked first", time_after(starting_again)));
  if (!facts->hold_name.empty())
    return std::optional(Decision::hold(facts->hold_name, facts->hold_reason, time_after(starting_again)));
  ticket.last_sync = facts->last_sync;
  if (assignment.designer == DesignerPolicy::proceed) return std::optional<Decision>();
  auto asked = ask_designers(call, gateway_, assignment.designer, time_after(settings_.designer_interval), log_);
  if (!asked) return std::move(asked).error();
  if (asked->verdict == Decision::Verdict::allow) return std::optional<Decision>();
  return std::optional(*std::move(asked));
}

// All of them or none, and then no file is renamed while a scan still reads: a dead process, or another tool, may have
// asked for it.
IgnitionVerifier::Ending IgnitionVerifier::take_locks(Call& call, const Assignment& assignment, Ticket& ticket) {
  Ending ending = std::optional<Decision>();
  for (const ScanArea area : ticket.areas) {
    ending = take_one(call, assignment, area, ticket);
    if (!ending || *ending) break;
  }
  if (ending && !*ending) ending = wait_for_scans(call, ticket);
  if (!ending || *ending) give_back(call, assignment, ticket);
  return ending;
}

// A lock of our key from this machine was left by a process of ours that died.
IgnitionVerifier::Ending IgnitionVerifier::take_one(Call& call, const Assignment& assignment, ScanArea area,
                                                    Ticket& ticket) {
  auto lock = scan_.take(call, area, settings_.acquire, settings_.hold);
  if (!lock) return std::move(lock).error();
  if (!*lock) {
    auto holder = scan_.holder(call, area);
    if (!holder) return std::move(holder).error();
    const bool usable =
        *holder && scan_.is_from_here(**holder) && ((*holder)->remaining_s >= remaining_min_s || assignment.lock_only);
    if (!usable)
      return std::optional(Decision::hold(
          "scan-locked",
          "the scan lock of " + std::string(name(area)) +
              (*holder ? " is held by " + (*holder)->actor : " was not got in time"),
          time_after(*holder ? milliseconds(std::clamp<std::int64_t>((*holder)->remaining_s, 1, 60) * 1000)
                             : locked_again)));
    *lock = std::move(*holder);
  }
  locks_.remember(**lock);
  ticket.locked[area] = (*lock)->timestamp;
  return std::optional<Decision>();
}

IgnitionVerifier::Ending IgnitionVerifier::wait_for_scans(Call& call, Ticket& ticket) {
  const std::int64_t end_ms = clock_.monotonic_ms() + std::min(scan_wait, settings_.scan).count();
  for (const ScanArea area : ticket.areas) {
    auto idle = scan_.wait_idle(call, area, end_ms);
    if (!idle && idle.error() == errc::timeout) {
      Decision hold = Decision::hold("scan-active",
                                     "a scan of " + std::string(name(area)) + " that somebody asked for does not end",
                                     time_after(starting_again));
      hold.ended_by = "the scan ends";
      return std::optional(std::move(hold));
    }
    if (!idle) return std::move(idle).error();
    ticket.scans[area].last = idle->last;
  }
  return std::optional<Decision>();
}

// Nothing was changed, so a scan does no harm; during a recovery or a revert it would, and the lock is left to run out.
void IgnitionVerifier::give_back(Call& call, const Assignment& assignment, const Ticket& ticket) {
  for (const auto& [area, timestamp] : ticket.locked) {
    if (assignment.lock_only) {
      log_.warning("a scan lock is left to run out", {{"area", name(area)}});
    } else if (auto asked = scan_.request(call, area); !asked) {
      log_.warning("a scan lock was not given back", {{"area", name(area)}, {"error", asked.error().message}});
    }
  }
}

// ---- verify

Result<void> IgnitionVerifier::verify(Call& call, std::string_view document, const stoker::Plan& plan,
                                      std::string_view text, const stoker::Out<Decision>& out,
                                      const stoker::Out<stoker::Note>& notes, const stoker::Text& detail) {
  auto assignment = read_assignment(document);
  if (!assignment) return std::move(assignment).error();
  auto touched = footprint(plan, *assignment);
  if (!touched) return std::move(touched).error();
  std::optional<Ticket> ticket;
  if (!text.empty()) {
    auto read = read_ticket(text);
    if (!read) return std::move(read).error();
    ticket = *std::move(read);
    touched->areas.insert(ticket->areas.begin(), ticket->areas.end());
  }
  const milliseconds limit =
      assignment->verify.count() > 0 ? std::min(assignment->verify, settings_.scan) : settings_.scan;
  const ScanTimes times{clock_.monotonic_ms() + limit.count(), settings_.settle};
  Verification verification({gateway_, scan_, locks_, unmoved_, clock_, disk_, times}, *assignment, *touched, ticket);
  auto decisions = verification.run(call);
  for (const stoker::Note& note : verification.notes())
    if (auto put = notes.put(note); !put) return put;
  if (!decisions && decisions.error() == errc::denied)  // no verdict on files, unless they may have taken the key away
    return out.put(verification.key_worked() ? Decision::unhealthy("token", decisions.error().message)
                                             : hold_token(decisions.error().message));
  if (!decisions) return std::move(decisions).error();
  if (!verification.detail().empty())
    if (auto put = detail.put(verification.detail()); !put) return put;
  for (std::size_t i = 0; i < decisions->size() && i < unhealthy_max; ++i)
    if (auto put = out.put((*decisions)[i]); !put) return put;
  return {};
}

// ---- unlock

Result<void> IgnitionVerifier::unlock(Call& call, std::string_view, std::string_view text) {
  Ticket ticket;
  ticket.areas = {ScanArea::projects, ScanArea::config};
  if (!text.empty()) {
    auto read = read_ticket(text);
    if (!read) return std::move(read).error();
    ticket = *std::move(read);
  }
  for (const ScanArea area : ticket.areas) {
    auto holder = scan_.holder(call, area);
    if (!holder && state_of(holder.error())) return {};  // a gateway that restarts forgets its locks
    if (!holder) return std::move(holder).error();
    if (!*holder || !locks_.are_ours(**holder, area, ticket)) continue;
    if (auto asked = scan_.request(call, area); !asked) return asked;
  }
  return {};
}

// ---- for a person

Result<void> IgnitionVerifier::diagnose(Call& call, std::string_view document, const stoker::Out<stoker::Check>& out) {
  auto assignment = read_assignment(document);
  if (!assignment) return std::move(assignment).error();
  auto checks = Diagnosis({gateway_, scan_, clock_, disk_, assignment->designer}).make(call);
  if (!checks) return std::move(checks).error();
  for (const stoker::Check& check : *checks)
    if (auto put = out.put(check); !put) return put;
  return {};
}

Result<void> IgnitionVerifier::probe(Call& call, std::string_view, const stoker::Out<stoker::Check>& out) {
  for (const stoker::Check& check : Probe({gateway_, scan_, clock_, disk_}).make(call))
    if (auto put = out.put(check); !put) return put;
  return {};
}

}  // namespace ignition
