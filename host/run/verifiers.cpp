#include "host/run/verifiers.hpp"

namespace stoker::host {

namespace {

constexpr std::chrono::seconds observe_deadline{15}, admit_deadline{60}, lock_deadline{45};
constexpr std::chrono::seconds verify_slack{15};  // for reading back after the Sync's own deadline

void join(Facts& into, Facts&& more) {
  if (into.state == GatewayState::unknown) into.state = more.state;
  if (into.version.empty()) into.version = std::move(more.version);
  if (into.started.empty()) into.started = std::move(more.started);
  if (into.role == Role::independent) into.role = more.role;
  if (!into.active) into.active = more.active;
  if (!into.designers) into.designers = more.designers;
  if (!into.hold) into.hold = std::move(more.hold);
}

}  // namespace

Verifiers Verifiers::unavailable(const Error& why) {
  Verifiers none({});
  none.unavailable_ = Error(errc::unreachable, "nobody can be asked: " + why.message, why.code);
  return none;
}

std::string Verifiers::judges() const {
  std::string names;
  for (const VerifierInstance* module : modules_)
    if (module->verifies()) names += (names.empty() ? "" : " ") + module->module_name();
  return names;
}

Async<Facts> Verifiers::observe(const Briefing& briefing, std::stop_token stop) {
  if (unavailable_) co_return *unavailable_;
  Facts joined;
  const std::string document = document_of(briefing);
  for (VerifierInstance* module : modules_) {
    if (!module->observes()) continue;
    auto answer = co_await module->observe(CallLimits(observe_deadline, stop), document);
    if (!answer) co_return std::move(answer).error();
    auto facts = facts_from_json(*answer);
    if (!facts) co_return std::move(facts).error().in(module->module_name() + ": observe");
    join(joined, std::move(facts).value());
  }
  if (joined.state == GatewayState::unknown) joined.state = GatewayState::running;
  co_return joined;
}

Async<Admission> Verifiers::admit(const Briefing& briefing, PlanShown plan, std::stop_token stop) {
  if (unavailable_) co_return *unavailable_;
  Admission joined;
  const std::string document = document_of(briefing);
  for (VerifierInstance* module : modules_) {
    if (!module->admits()) continue;
    auto decision = co_await module->admit(CallLimits(admit_deadline, stop), document, plan);
    if (!decision) co_return std::move(decision).error();
    if (decision->verdict == Decision::Verdict::allow) continue;
    const bool stricter = joined.allows() || (decision->verdict == Decision::Verdict::refuse &&
                                              joined.decision.verdict == Decision::Verdict::hold);
    if (stricter) std::swap(joined.decision, *decision);
    if (decision->verdict != Decision::Verdict::allow) joined.others.push_back(std::move(*decision));
  }
  co_return joined;
}

namespace {

std::string document_with_baseline(const Briefing& briefing, const Details* details, const std::string& module) {
  const auto found = details ? details->find(module) : Details::const_iterator();
  if (!details || found == details->end()) return document_of(briefing);
  Briefing asked = briefing;
  asked.baseline = found->second;
  return document_of(asked);
}

}  // namespace

Async<LockAnswer> Verifiers::lock(const Briefing& briefing, PlanShown plan, const Details* baseline, bool journal_open,
                                  std::stop_token stop) {
  if (unavailable_) co_return *unavailable_;
  LockAnswer joined;
  Result<void> failed;
  for (VerifierInstance* module : modules_) {
    if (!module->locks()) continue;
    const CallLimits limits(lock_deadline, stop);
    auto answer =
        co_await module->lock(limits, document_with_baseline(briefing, baseline, module->module_name()), plan);
    if (!answer) {
      failed = std::move(answer).error();
      joined.tickets[module->module_name()];  // it may have locked all the same: it is unlocked too
      break;
    }
    if (answer->decision.verdict != Decision::Verdict::allow) {
      joined.decision = std::move(answer->decision);
      break;
    }
    joined.tickets[module->module_name()] = std::move(answer->ticket);
  }
  if (failed && joined.allows()) co_return joined;
  if (!journal_open) {
    // A lock that cannot be given back expires by itself. The answer is the hold, or the first failure.
    Result<void> unlocked = co_await unlock_those(briefing, joined.tickets);
    if (failed && !unlocked) failed = std::move(unlocked);
  }
  if (!failed) co_return std::move(failed).error();
  joined.tickets.clear();
  co_return joined;
}

Async<Health> Verifiers::verify(const Briefing& briefing, PlanShown plan, Tickets tickets, const Details& last_detail,
                                std::stop_token stop) {
  Health joined;
  if (unavailable_) {
    joined.verdict = Health::Verdict::later;
    joined.why = unavailable_->message;
    joined.asked = true;
    co_return joined;
  }
  for (VerifierInstance* module : modules_) {
    if (!module->verifies()) continue;
    joined.asked = true;
    const std::string document = document_with_baseline(briefing, &last_detail, module->module_name());
    const CallLimits limits(briefing.assignment.verify_deadline + verify_slack, stop);
    auto verdict = co_await module->verify(limits, document, plan, tickets[module->module_name()]);
    if (!verdict) {
      const errc kind = verdict.error().kind;
      // One that never got the question is not silent.
      const bool asked = fault_of(verdict.error()) != CallFault::busy;
      if (asked && kind != errc::conflict && kind != errc::unreachable) co_return std::move(verdict).error();
      joined.verdict = Health::Verdict::later;
      joined.why = verdict.error().message;
      continue;
    }
    if (!verdict->detail.empty()) joined.details[module->module_name()] = std::move(verdict->detail);
    for (Decision& bad : verdict->unhealthy) joined.unhealthy.push_back(std::move(bad));
    for (Note& note : verdict->notes) joined.notes.push_back(std::move(note));
    if (!verdict->hold) continue;
    joined.verdict = Health::Verdict::later;
    joined.why = verdict->hold->reason;
    if (!joined.hold) joined.hold = std::move(verdict->hold);
  }
  if (!joined.unhealthy.empty()) joined.verdict = Health::Verdict::unhealthy;
  Tickets silent;
  for (const VerifierInstance* module : modules_)
    if (module->locks() && !module->verifies()) silent[module->module_name()] = tickets[module->module_name()];
  const auto unlocked = co_await unlock_those(briefing, std::move(silent));
  if (!unlocked) joined.notes.push_back({"unlock", "", unlocked.error().message});
  co_return joined;
}

Async<void> Verifiers::unlock(const Briefing& briefing, Tickets tickets) {
  if (unavailable_) co_return *unavailable_;
  for (const VerifierInstance* module : modules_) tickets.try_emplace(module->module_name());
  co_return co_await unlock_those(briefing, std::move(tickets));
}

Async<void> Verifiers::unlock_those(const Briefing& briefing, Tickets tickets) {
  Result<void> first;
  const std::string document = document_of(briefing);
  for (VerifierInstance* module : modules_) {
    const auto ticket = tickets.find(module->module_name());
    if (ticket == tickets.end() || !module->unlocks()) continue;
    auto unlocked = co_await module->unlock(document, ticket->second);
    if (first && !unlocked) first = std::move(unlocked);
  }
  co_return first;
}

}  // namespace stoker::host
