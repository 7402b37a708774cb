#include "host/calls/verifier_instance.hpp"

#include "host/calls/instance_calls.hpp"
#include "host/calls/shown_plan.hpp"

namespace stoker::host {

Async<std::string> VerifierInstance::observe(CallLimits limits, std::string assignment) {
  auto body = [me = parts(), assignment = std::move(assignment)](const CallState& state) -> Result<std::string> {
    TextSink facts(STOKER_DOCUMENT_BYTES_MAX);
    const stoker_status status = me.table->observe(me.self, state.raw(), str(assignment), facts.sink());
    if (auto result = result_of(state, status, facts); !result) return std::move(result).error();
    return facts.text;
  };
  return call<std::string>("observe", std::move(limits), std::move(body));
}

namespace {

Result<Decision> one_of(std::vector<Decision> decisions, const CallState& state, bool may_refuse) {
  if (decisions.size() != 1)
    return misbehaving("it gave " + std::to_string(decisions.size()) + " decisions, exactly one is needed")
        .in(state.what());
  const Decision::Verdict verdict = decisions.front().verdict;
  const bool fits = verdict == Decision::Verdict::allow || verdict == Decision::Verdict::hold ||
                    (may_refuse && verdict == Decision::Verdict::refuse);
  if (!fits) return misbehaving("it gave a verdict that this function must not give").in(state.what());
  return std::move(decisions.front());
}

}  // namespace

Async<Decision> VerifierInstance::admit(CallLimits limits, std::string assignment, PlanShown plan) {
  StrategyInstance::Parts strategy;
  if (plan.strategy) strategy = plan.strategy->parts();
  auto body = [me = parts(), strategy = std::move(strategy), assignment = std::move(assignment),
               plan = std::move(plan)](const CallState& state) -> Result<Decision> {
    std::vector<Decision> kept;
    auto decisions = collect_into(kept);
    ShownPlan shown(plan, state, strategy);
    const stoker_status status = me.table->admit(me.self, state.raw(), str(assignment), shown.raw(), decisions.sink());
    if (auto result = result_of(state, status, shown, decisions); !result) return std::move(result).error();
    return one_of(std::move(kept), state, true);
  };
  return call<Decision>("admit", std::move(limits), std::move(body));
}

Async<Locked> VerifierInstance::lock(CallLimits limits, std::string assignment, PlanShown plan) {
  auto body = [me = parts(), assignment = std::move(assignment),
               plan = std::move(plan)](const CallState& state) -> Result<Locked> {
    std::vector<Decision> kept;
    auto decisions = collect_into(kept);
    TextSink ticket(STOKER_TICKET_BYTES_MAX);
    ShownPlan shown(plan, state);
    const stoker_status status =
        me.table->lock(me.self, state.raw(), str(assignment), shown.raw(), decisions.sink(), ticket.sink());
    if (auto result = result_of(state, status, shown, decisions, ticket); !result) return std::move(result).error();
    auto decision = one_of(std::move(kept), state, false);
    if (!decision) return std::move(decision).error();
    return Locked{std::move(decision).value(), std::move(ticket.text)};
  };
  return call<Locked>("lock", std::move(limits), std::move(body));
}

namespace {

// One healthy, or one hold, or any number of unhealthy.
Result<void> sort_verdicts(std::vector<Decision> decisions, Verdict& into) {
  if (decisions.empty()) return misbehaving("verify() gave no verdict");
  const std::size_t all = decisions.size();
  for (Decision& decision : decisions) {
    switch (decision.verdict) {
      case Decision::Verdict::unhealthy: into.unhealthy.push_back(std::move(decision)); break;
      case Decision::Verdict::hold: into.hold = std::move(decision); break;
      case Decision::Verdict::healthy: break;
      case Decision::Verdict::allow:
      case Decision::Verdict::refuse:
        return misbehaving("verify() gave a verdict that is neither healthy, unhealthy nor hold");
    }
  }
  if (!into.unhealthy.empty() && into.unhealthy.size() != all)
    return misbehaving("verify() gave healthy and unhealthy verdicts in one call");
  if (into.hold && all != 1) return misbehaving("verify() gave a hold and another verdict in one call");
  return {};
}

}  // namespace

Async<Verdict> VerifierInstance::verify(CallLimits limits, std::string assignment, PlanShown plan, std::string ticket) {
  auto body = [me = parts(), assignment = std::move(assignment), plan = std::move(plan),
               ticket = std::move(ticket)](const CallState& state) -> Result<Verdict> {
    Verdict answer;
    std::vector<Decision> kept;
    auto decisions = collect_into(kept);
    auto notes = collect_into(answer.notes);
    TextSink detail(STOKER_DOCUMENT_BYTES_MAX);
    ShownPlan shown(plan, state);
    const stoker_status status = me.table->verify(me.self, state.raw(), str(assignment), shown.raw(), str(ticket),
                                                  decisions.sink(), notes.sink(), detail.sink());
    if (auto result = result_of(state, status, shown, decisions, notes, detail); !result)
      return std::move(result).error();
    if (auto fine = check_document(detail.text, "the detail", true); !fine)
      return std::move(fine).error().in(state.what());
    if (auto sorted = sort_verdicts(std::move(kept), answer); !sorted)
      return std::move(sorted).error().in(state.what());
    answer.detail = std::move(detail.text);
    return answer;
  };
  return call<Verdict>("verify", std::move(limits), std::move(body));
}

Async<void> VerifierInstance::unlock(std::string assignment, std::string ticket) {
  auto body = [me = parts(), assignment = std::move(assignment), ticket = std::move(ticket)](const CallState& state) {
    return result_of(state, me.table->unlock(me.self, state.raw(), str(assignment), str(ticket)));
  };
  CallLimits limits;
  return call<void>("unlock", std::move(limits), std::move(body));
}

Async<std::vector<Check>> VerifierInstance::diagnose(CallLimits limits, std::string assignment) {
  auto body = [me = parts(), assignment = std::move(assignment)](const CallState& state) -> Result<std::vector<Check>> {
    std::vector<Check> kept;
    auto checks = collect_into(kept);
    const stoker_status status = me.table->diagnose(me.self, state.raw(), str(assignment), checks.sink());
    if (auto result = result_of(state, status, checks); !result) return std::move(result).error();
    return kept;
  };
  return call<std::vector<Check>>("diagnose", std::move(limits), std::move(body));
}

Async<std::vector<Check>> VerifierInstance::probe(CallLimits limits, std::string assignment) {
  auto body = [me = parts(), assignment = std::move(assignment)](const CallState& state) -> Result<std::vector<Check>> {
    std::vector<Check> kept;
    auto checks = collect_into(kept);
    const stoker_status status = me.table->probe(me.self, state.raw(), str(assignment), checks.sink());
    if (auto result = result_of(state, status, checks); !result) return std::move(result).error();
    return kept;
  };
  return call<std::vector<Check>>("probe", std::move(limits), std::move(body));
}

template class Instance<stoker_verifier_v1, stoker_verifier>;
template Async<std::unique_ptr<VerifierInstance>> make_instance<VerifierInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_verifier_v1*,
                                                                                  const stoker_host*, std::string);

}  // namespace stoker::host
