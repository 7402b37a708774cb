#include "host/run/memory.hpp"

#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {
namespace {

// A Run in flight that has no ticket: it is not locked yet, or only a recovery or a rollback.
InFlight without_tickets(std::string run, Assignment assignment) {
  InFlight flight;
  flight.run = std::move(run);
  flight.assignment = std::move(assignment);
  return flight;
}

void record(Memory& memory, std::string_view what, std::int64_t now_ms) {
  const std::string revision(memory.running ? beginning(memory.running->revision, 12) : "-");
  memory.history.push_back(rfc3339(now_ms) + " " + revision + " " + std::string(what));
  if (memory.history.size() > Memory::history_max) memory.history.erase(memory.history.begin());
}

}  // namespace

// ---------------------------------------------------------------- questions

bool Memory::holds(const std::string& key) const {
  return std::any_of(held.begin(), held.end(), [&](const Held& one) { return one.key == key; });
}

std::string Memory::why_held(const std::string& key) const {
  for (const Held& one : held)
    if (one.key == key) return one.error;
  return {};
}

bool Memory::is_quarantined(const Assignment& assignment) const {
  return quarantine && quarantine->key == assignment.held_key() && quarantine->retry == assignment.retry;
}

bool Memory::drifts(const Assignment& assignment) const {
  return overwritten && overwritten->again && overwritten->key == assignment.held_key();
}

std::map<std::string, std::string> Memory::tickets() const {
  return in_flight ? in_flight->tickets : std::map<std::string, std::string>();
}

bool Memory::is_done(const Briefing& briefing, const std::string& strategy_module, const std::string& judges) const {
  const Assignment& a = briefing.assignment;
  return sure_for(judges) && !briefing.scan_all && !is_repair_due(a) && sync == a.sync && strategy == strategy_module &&
         running->revision == a.revision && running->inputs == briefing.inputs() && running->vars == a.vars_digest();
}

bool Memory::waiting_has_begun() const {
  return in_flight && in_flight->moved && waiting && waiting->run == in_flight->run;
}

void Memory::hold(const std::string& key, const std::string& revision, std::uint64_t token, std::string_view error,
                  std::int64_t now_ms) {
  release(key);
  held.push_back({key, revision, std::string(beginning(error, error_bytes_max)), token, now_ms});
  if (held.size() > held_max) held.erase(held.begin());
}

void Memory::release(const std::string& key) {
  std::erase_if(held, [&](const Held& one) { return one.key == key; });
}

// ---------------------------------------------------------------- what is on disk

Running running_of(const Briefing& briefing, std::string run, std::int64_t now_ms) {
  const Assignment& a = briefing.assignment;
  Running running;
  running.revision = a.revision;
  running.ref = a.ref;
  running.inputs = briefing.inputs();
  running.vars = a.vars_digest();
  running.role = briefing.facts.role;
  running.key = a.held_key();
  running.run = std::move(run);
  running.since_ms = now_ms;
  if (briefing.facts.nobody()) running.applied_while = briefing.facts.state;
  return running;
}

Briefing on_disk(const Memory& memory, const Briefing& assigned, const Facts& facts) {
  const bool in_flight = memory.in_flight && memory.in_flight->run == memory.running->run;
  Briefing disk = in_flight ? Briefing(memory.in_flight->assignment) : assigned;
  disk.assignment.revision = memory.running->revision;
  disk.assignment.ref = memory.running->ref;
  disk.facts = facts;
  return disk;
}

// ---------------------------------------------------------------- transitions

namespace after {

Memory role_seen(Memory memory, Role role) {
  memory.role = role;
  return memory;
}

Memory state_seen(Memory memory) {
  if (memory.running) memory.running->applied_while = GatewayState::unknown;
  return memory;
}

std::optional<Memory> freed(const Memory& memory, const Assignment& assignment) {
  Memory next = memory;
  const bool retry = assignment.retry != memory.retried;
  if (retry) {
    next.retried = assignment.retry;
    if (!assignment.retry.empty()) next.release(assignment.held_key());
  }
  const bool ends = memory.quarantine && !memory.is_quarantined(assignment);
  if (ends) next.quarantine.reset();
  const bool over = memory.overwritten && (retry || memory.overwritten->key != assignment.held_key());
  if (over) next.overwritten.reset();
  return retry || ends || over ? std::optional(std::move(next)) : std::nullopt;
}

Memory repaired(Memory memory, const Assignment& assignment) {
  memory.repaired = assignment.repair;
  return memory;
}

Memory staged(Memory memory, const std::string& run, const std::string& plan_digest, const std::string& key) {
  memory.waiting = Waiting{run, plan_digest, key};
  return memory;
}

Memory waits_no_more(Memory memory) {
  memory.waiting.reset();
  return memory;
}

Memory locking(Memory memory, const std::string& run, const Briefing& briefing) {
  const bool doubt = memory.in_flight && memory.in_flight->moved;
  InFlight flight = without_tickets(run, briefing.assignment);
  flight.moved = doubt;
  if (doubt) flight.tickets = std::move(memory.in_flight->tickets);
  memory.adopted = memory.adopted || (briefing.facts.running() && !memory.running);
  memory.in_flight = std::move(flight);
  return memory;
}

Memory stepped_back(Memory memory, const std::string& run, std::optional<InFlight> earlier) {
  if (!memory.in_flight || memory.in_flight->run == run) memory.in_flight = std::move(earlier);
  return memory;
}

Memory locked(Memory memory, const Assignment& assignment, std::map<std::string, std::string> tickets) {
  const bool doubtful = memory.doubtful();
  InFlight& flight = *memory.in_flight;
  flight.moved = true;
  flight.assignment = assignment;
  for (auto& [verifier, ticket] : tickets) {
    // An earlier unverified Run may have caused today's faults, so today's state cannot be the baseline.
    if (doubtful && !memory.last_detail.contains(verifier)) ticket.clear();
    std::string& kept = flight.tickets[verifier];
    if (kept.empty()) kept = std::move(ticket);
  }
  return memory;
}

Memory applied(Memory memory, Running running, const std::string& strategy, std::int64_t now_ms) {
  memory.strategy = strategy;
  memory.unverified.push_back(running.run);
  memory.running = std::move(running);
  memory.waiting.reset();
  record(memory, "applied", now_ms);
  return memory;
}

Memory unchanged(Memory memory, const std::string& sync, Running running) {
  running.settled = true;
  running.judged_by = memory.running->judged_by;
  memory.sync = sync;
  memory.running = memory.good = std::move(running);
  return memory;
}

Memory settled(Memory memory, const std::string& sync, const std::string& strategy, Running running,
               std::map<std::string, std::string> details, std::int64_t now_ms) {
  running.settled = true;
  running.applied_while = GatewayState::unknown;
  memory.sync = sync;
  memory.strategy = strategy;
  memory.running = memory.good = std::move(running);
  memory.unverified.clear();
  memory.in_flight.reset();
  memory.quarantine.reset();
  memory.overwritten.reset();
  memory.last_detail = std::move(details);
  memory.release(memory.running->key);
  record(memory, memory.running->verified() ? "verified" : "settled, nobody verifies it", now_ms);
  return memory;
}

Memory nothing_in_flight(Memory memory) {
  memory.in_flight.reset();
  return memory;
}

Memory overwritten(Memory memory, const std::string& key, std::string by) {
  // The Run that follows the first time puts the files back. So a second time for the same work means that they were
  // replaced after that.
  const bool again = memory.overwritten && memory.overwritten->key == key;
  memory.overwritten = Overwritten{key, std::string(beginning(by, Memory::error_bytes_max)), again};
  return nothing_in_flight(std::move(memory));
}

Memory apply_failed(Memory memory, const Assignment& assignment, const Error& why, std::int64_t now_ms) {
  memory.waiting.reset();  // its staged files go with the journal
  const bool of_the_place = why.retryable || why == errc::denied;
  if (!of_the_place) memory.hold(assignment.held_key(), assignment.revision, assignment.token, why.message, now_ms);
  return memory;
}

Memory condemned(Memory memory, const std::string& run, const Assignment& judged, const Assignment& assigned,
                 std::string_view why, std::int64_t now_ms) {
  const bool goes_back = memory.can_go_back(judged);
  const std::string key = judged.held_key();
  // When an earlier Run is finished first, what is judged is not what is assigned now.
  if (key == assigned.held_key() || (memory.in_flight && key == memory.in_flight->assignment.held_key()))
    memory.hold(key, judged.revision, judged.token, why, now_ms);
  if (memory.running && !memory.running->settled)
    memory.hold(memory.running->key, memory.running->revision, judged.token, why, now_ms);
  if (goes_back) {
    if (!memory.in_flight) memory.in_flight = without_tickets(memory.running ? memory.running->run : run, judged);
    memory.in_flight->go_back = true;
    memory.in_flight->moved = true;
    memory.in_flight->assignment = judged;
  }
  record(memory, goes_back ? "bad, taken back" : "bad, left in place", now_ms);
  return memory;
}

Memory reverted(Memory memory, const std::string& run, const Assignment& judged) {
  memory.running = memory.good;
  memory.unverified.clear();
  memory.overwritten.reset();
  if (!memory.in_flight) memory.in_flight = without_tickets(run, judged);
  memory.in_flight->go_back = false;
  memory.in_flight->moved = true;
  return memory;
}

Memory revert_verified(Memory memory, std::map<std::string, std::string> details, const std::string& judges) {
  memory.in_flight.reset();
  if (memory.running) memory.running->judged_by = judges;
  memory.good = memory.running;
  memory.last_detail = std::move(details);
  return memory;
}

Memory quarantined(Memory memory, const Assignment& assigned, std::int64_t now_ms) {
  memory.quarantine = Quarantine{assigned.held_key(), assigned.revision, assigned.retry};
  record(memory, "quarantine", now_ms);
  return memory;
}

Memory recovered(Memory memory, const Recovered& found, const Briefing& begun, const std::string& strategy,
                 std::int64_t now_ms) {
  const bool base_is_ours = memory.in_flight && !found.base_run.empty() && found.base_run == memory.in_flight->run;
  // On disk after a recovery: what it finished, or, when the journal was closed already, what the inventory's base
  // names.
  const bool is_applied = found.did == Recovered::Did::finished || base_is_ours;
  const std::vector<std::string>& known = memory.unverified;
  const bool recorded = (memory.running && memory.running->run == found.run) ||
                        std::find(known.begin(), known.end(), found.run) != known.end();
  const bool waiting_is_over =
      memory.waiting_has_begun() || (is_applied && memory.waiting && memory.waiting->run == found.run);
  if (is_applied && !recorded) {
    Running now = running_of(begun, found.run, now_ms);
    now.revision = found.base_revision;  // what is on disk is what the base says, and not what was assigned last
    now.inputs = found.base_inputs;
    now.vars = found.base_vars;
    memory = applied(std::move(memory), std::move(now), strategy, now_ms);
  }
  if (waiting_is_over) memory.waiting.reset();
  if (!memory.in_flight) memory.in_flight = without_tickets(found.run, begun.assignment);
  // Nothing was found and nothing put back: no live file moved because of this.
  const bool nothing = found.did == Recovered::Did::nothing && found.changes.empty();
  memory.in_flight->moved = memory.in_flight->moved || is_applied || !nothing;
  return memory;
}

}  // namespace after
}  // namespace stoker::host
