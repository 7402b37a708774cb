// The five verbs, put together from the parts beside this file. What each must do: run.md 1, ignition 2.
#include "ignition_verifier.hpp"

#include "designers.hpp"
#include "facts.hpp"
#include "read_back.hpp"

namespace ignition {

using std::chrono::milliseconds;
using std::chrono::seconds;
using stoker::Call;
using stoker::Decision;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr milliseconds again{5000}, locked_again{10000};
constexpr std::int64_t remaining_min_s = 5;  // of a lock of our own that is taken up again
constexpr std::size_t unhealthy_max = 50;

bool nobody(State state) { return state == State::down || state == State::faulted; }
bool is_ours(const Scan& scan, const ScanLock& lock, ScanArea area, const Ticket& ticket) {
  const auto known = ticket.locked.find(area);
  return scan.ours(lock) || (known != ticket.locked.end() && known->second == lock.timestamp);
}

}  // namespace

Settings Settings::from(const stoker::Config& config) {
  return {std::chrono::duration_cast<seconds>(config.duration("/settings/acquireTimeout", seconds(10))),
          std::chrono::duration_cast<seconds>(config.duration("/settings/holdTimeout", seconds(60))),
          config.duration("/settings/scanTimeout", seconds(120)),
          config.duration("/settings/designerInterval", seconds(10)), config.text("/use/target/data")};
}

IgnitionVerifier::IgnitionVerifier(const stoker::Config& config, const stoker::Host& host)
    : settings_(Settings::from(config)),
      gateway_(host.http_client(), Address::from(config)),
      clock_(host.clock()),
      log_(host.log()),
      scan_(gateway_, clock_) {}

Decision IgnitionVerifier::hold_state(State state) const {
  Decision hold = state == State::commissioning
                      ? Decision::hold("commissioning", "the gateway waits to be commissioned", in(again))
                      : Decision::hold("starting", "the gateway is starting", in(again));
  hold.ended_by = "the gateway runs";
  return hold;
}

Result<void> IgnitionVerifier::observe(Call& call, std::string_view, const stoker::Text& facts) {
  auto seen = ignition::observe(call, gateway_);
  if (!seen) return std::move(seen).error();
  return facts.put(write(*seen));
}

// ---- admit

Result<void> IgnitionVerifier::admit(Call& call, std::string_view document, const stoker::Plan& plan,
                                     const stoker::Out<Decision>& out) {
  auto assignment = read_assignment(document);
  if (!assignment) return std::move(assignment).error();
  auto touched = footprint(plan, *assignment);
  if (!touched) return std::move(touched).error();
  auto decision = admitted(call, *assignment, *touched);
  if (!decision) return std::move(decision).error();
  return out.put(*decision);
}

// What would keep a gateway from starting is refused whoever is there to ask; the rest needs one that runs.
Result<Decision> IgnitionVerifier::admitted(Call& call, const Assignment& assignment, const Footprint& plan) {
  if (auto fault = singleton_fault(plan, settings_.data)) return Decision::refuse("singleton", *fault);
  if (nobody(assignment.state)) return Decision::allow();
  auto works = scan_.status(call, ScanArea::projects);
  if (!works && works.error() == errc::denied)
    return Decision::refuse(
        "token", works.error().message + "; check the secret of gateway.apiKey of target " + assignment.target);
  if (!works) {
    const auto state = state_of(works.error());
    if (state && *state != State::down) return hold_state(*state);
    return std::move(works).error();
  }
  if (auto fault = key_fault(plan, gateway_.address().key_name())) return Decision::refuse("token", *fault);
  return ask_designers(call, gateway_, assignment.designer, in(settings_.designer_interval), log_);
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
  auto left = last_look(call, *assignment, ticket);
  if (!left) return std::move(left).error();
  if (*left) return out.put(**left);
  if (!nobody(ticket.state)) {
    if (assignment->baseline) {
      ticket.baseline = *assignment->baseline;
    } else {
      auto seen = look_back(call, gateway_, *touched, touched->resources_removed);
      if (!seen) return std::move(seen).error();
      ticket.baseline = before(*std::move(seen), *touched);
    }
    auto taken = take_locks(call, *assignment, ticket);
    if (!taken) return std::move(taken).error();
    if (*taken) return out.put(**taken);
  }
  if (auto put = text.put(write(ticket)); !put) return put;
  return out.put(Decision::allow());
}

// The state now decides, not the one that the Run began with.
IgnitionVerifier::Left IgnitionVerifier::last_look(Call& call, const Assignment& assignment, Ticket& ticket) {
  auto facts = ignition::observe(call, gateway_);
  if (!facts) return std::move(facts).error();
  ticket.state = facts->state;
  if (nobody(facts->state)) return std::optional<Decision>();
  if (facts->state != State::running) {
    if (!assignment.looks) return not_there(facts->state);
    return std::optional(hold_state(facts->state));
  }
  if (!assignment.looks) return std::optional<Decision>();
  if (nobody(assignment.state))  // it came up since: nobody has asked it about this plan
    return std::optional(Decision::hold("starting", "the gateway came up meanwhile and is asked first", in(again)));
  if (!facts->hold_name.empty()) return std::optional(Decision::hold(facts->hold_name, facts->hold_reason, in(again)));
  if (assignment.designer == DesignerPolicy::proceed) return std::optional<Decision>();
  auto asked = ask_designers(call, gateway_, assignment.designer, in(settings_.designer_interval), log_);
  if (!asked) return std::move(asked).error();
  if (asked->verdict == Decision::Verdict::allow) return std::optional<Decision>();
  return std::optional(*std::move(asked));
}

IgnitionVerifier::Left IgnitionVerifier::take_locks(Call& call, const Assignment& assignment, Ticket& ticket) {
  for (const ScanArea area : ticket.areas) {
    auto left = take_one(call, assignment, area, ticket);
    if (left && !*left) continue;
    give_back(call, assignment, ticket);
    return left;
  }
  return std::optional<Decision>();
}

// A lock whose actor is our own key was left by a process of ours that died.
IgnitionVerifier::Left IgnitionVerifier::take_one(Call& call, const Assignment& assignment, ScanArea area,
                                                  Ticket& ticket) {
  auto lock = scan_.take(call, area, settings_.acquire, settings_.hold);
  if (!lock) return std::move(lock).error();
  if (!*lock) {
    auto holder = scan_.holder(call, area);
    if (!holder) return std::move(holder).error();
    const bool usable =
        *holder && scan_.ours(**holder) && ((*holder)->remaining_s >= remaining_min_s || !assignment.looks);
    if (!usable)
      return std::optional(Decision::hold(
          "scan-locked",
          "the scan lock of " + std::string(name(area)) +
              (*holder ? " is held by " + (*holder)->actor : " was not got in time"),
          in(*holder ? milliseconds(std::clamp<std::int64_t>((*holder)->remaining_s, 1, 60) * 1000) : locked_again)));
    *lock = std::move(*holder);
  }
  ticket.locked[area] = (*lock)->timestamp;
  return std::optional<Decision>();
}

// Nothing was changed, so a scan does no harm; during a recovery or a revert it would, and the lock is left to run out.
void IgnitionVerifier::give_back(Call& call, const Assignment& assignment, const Ticket& ticket) {
  for (const auto& [area, timestamp] : ticket.locked) {
    if (!assignment.looks) {
      log_.warning("a scan lock is left to run out", {{"kind", name(area)}});
    } else if (auto asked = scan_.request(call, area); !asked) {
      log_.warning("a scan lock was not given back", {{"kind", name(area)}, {"error", asked.error().message}});
    }
  }
}

// ---- verify

Result<void> IgnitionVerifier::verify(Call& call, std::string_view document, const stoker::Plan& plan,
                                      std::string_view text, const stoker::Out<Decision>& out,
                                      const stoker::Out<stoker::Note>&, const stoker::Text& detail) {
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
  auto worse = judged(call, *assignment, *touched, ticket, detail);
  if (!worse && worse.error() == errc::denied)  // also a key that worked before this plan
    return out.put(Decision::unhealthy("token", worse.error().message));
  if (!worse) return std::move(worse).error();
  if (worse->empty()) return out.put(Decision::healthy());
  for (std::size_t i = 0; i < worse->size() && i < unhealthy_max; ++i)
    if (auto put = out.put((*worse)[i]); !put) return put;
  return {};
}

Result<std::vector<Decision>> IgnitionVerifier::judged(Call& call, const Assignment& assignment, const Footprint& plan,
                                                       const std::optional<Ticket>& ticket,
                                                       const stoker::Text& detail) {
  const milliseconds limit =
      assignment.verify.count() > 0 ? std::min(assignment.verify, settings_.scan) : settings_.scan;
  const std::int64_t end_ms = clock_.monotonic_ms() + limit.count();
  auto state = look(call, gateway_);
  if (!state) return std::move(state).error();
  if (*state == State::faulted) return std::vector{Decision::unhealthy("gateway", "the gateway is faulted")};
  if (*state != State::running) return not_there(*state);
  if (auto free = lock_is_free(call, plan.areas, ticket.value_or(Ticket())); !free) return std::move(free).error();
  std::map<ScanArea, ScanStatus> scans;
  for (const ScanArea area : plan.areas) {
    auto done = scan_.run(call, area, end_ms);
    if (!done) return std::move(done).error();
    scans[area] = *done;
  }
  std::optional<Baseline> baseline = assignment.baseline;
  if (ticket && !nobody(ticket->state)) baseline = ticket->baseline;
  auto now = look_back(call, gateway_, plan, baseline ? baseline->resources : std::set<std::string>());
  if (!now) return std::move(now).error();
  auto worse = judge(*now, plan, baseline);
  if (auto put = detail.put(write(*now, scans)); !put) return std::move(put).error();
  return worse;
}

Result<void> IgnitionVerifier::lock_is_free(Call& call, const std::set<ScanArea>& areas, const Ticket& ticket) {
  for (const ScanArea area : areas) {
    auto holder = scan_.holder(call, area);
    if (!holder) return std::move(holder).error();
    if (*holder && !is_ours(scan_, **holder, area, ticket))
      return Error(errc::conflict,
                   "ignition: the scan lock of " + std::string(name(area)) + " is held by " + (*holder)->actor,
                   "ignition.scan-locked");
  }
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
    if (!*holder || !is_ours(scan_, **holder, area, ticket)) continue;
    if (auto asked = scan_.request(call, area); !asked) return asked;
  }
  return {};
}

}  // namespace ignition
