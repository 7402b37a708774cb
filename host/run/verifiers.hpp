// The verifiers of one target as one: asked in their configured order, those that lock last; their answers joined.
#pragma once

#include "host/calls/verifier_instance.hpp"
#include "host/values/briefing.hpp"

namespace stoker::host {

using Tickets = std::map<std::string, std::string>;  // verifier → ticket
using Details = std::map<std::string, std::string>;  // verifier → what is bad, a JSON text

struct Admission {
  Decision decision;             // the strictest: refuse before hold before allow
  std::vector<Decision> others;  // holds and refusals beside it
  bool allows() const { return decision.verdict == Decision::Verdict::allow; }
};

struct LockAnswer {
  Decision decision;
  Tickets tickets;
  bool allows() const { return decision.verdict == Decision::Verdict::allow; }
};

struct Health {
  // later: the target is down or starting, or another actor has its lock: neither healthy nor silent.
  enum class Verdict { healthy, unhealthy, later };
  Verdict verdict = Verdict::healthy;
  std::vector<Decision> unhealthy;
  Details details;     // what is bad now
  bool asked = false;  // false: no verifier has verify
  std::string why;     // of later
};

class Verifiers {
 public:
  // Does not own the modules; their owner outlives it.
  explicit Verifiers(std::vector<VerifierInstance*> in_order) : modules_(std::move(in_order)) {}

  // Facts joined: the first that says something says it. No verifier observes: state running.
  Async<Facts> observe(const Briefing& briefing, std::stop_token stop);
  Async<Admission> admit(const Briefing& briefing, PlanShown plan, std::stop_token stop);
  // `baseline`: what is judged against instead of the present state, if not null. After a hold or a failure of one,
  // those before it are unlocked again, unless `journal_open`: then nothing of ours may ask for a scan, and a lock is
  // left to run out.
  Async<LockAnswer> lock(const Briefing& briefing, PlanShown plan, const Details* baseline, bool journal_open,
                         std::stop_token stop);
  // Tickets of verifiers that are not there any more are ignored; no ticket: the verifier judges against its last
  // detail.
  Async<Health> verify(const Briefing& briefing, PlanShown plan, Tickets tickets, const Details& last_detail,
                       std::stop_token stop);
  // Never cancelled. Every verifier is asked; the first failure is answered.
  Async<void> unlock(const Briefing& briefing, Tickets tickets);

 private:
  Async<void> unlock_those(const Briefing& briefing, Tickets tickets);
  std::vector<VerifierInstance*> modules_;
};

}  // namespace stoker::host
