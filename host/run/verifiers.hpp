// The verifiers of one target as if they were one. They are asked in their configured order, those that lock last, and
// their answers are joined. On the event loop.
#pragma once

#include "host/calls/verifier_instance.hpp"
#include "host/values/briefing.hpp"

namespace stoker::host {

using Tickets = std::map<std::string, std::string>;  // verifier → ticket
using Details = std::map<std::string, std::string>;  // verifier → what it found bad, a JSON text

struct Admission {
  Decision decision;             // the strictest: refuse before hold before allow
  std::vector<Decision> others;  // the other holds and refusals
  bool allows() const { return decision.verdict == Decision::Verdict::allow; }
};

struct LockAnswer {
  Decision decision;
  Tickets tickets;
  bool allows() const { return decision.verdict == Decision::Verdict::allow; }
};

struct Health {
  // later: nobody can say now. The gateway is down or starting, another actor has its lock, or a verifier holds.
  enum class Verdict { healthy, unhealthy, later };
  Verdict verdict = Verdict::healthy;
  std::vector<Decision> unhealthy;
  std::optional<Decision> hold;  // of a verifier that cannot judge
  std::vector<Note> notes;
  Details details;     // what is bad now
  bool asked = false;  // at least one verifier can verify
  std::string why;     // of `later`
};

class Verifiers {
 public:
  // The modules belong to whoever wired them, and outlive this.
  explicit Verifiers(std::vector<VerifierInstance*> in_order) : modules_(std::move(in_order)) {}
  // Those of a target whose verifiers cannot be made, for example because a secret is missing: nobody can be asked, so
  // nothing is judged. Every question fails as unreachable.
  static Verifiers unavailable(const Error& why);

  // The modules that verify, "verify-ignition verify-opc"; empty: none does.
  std::string judges() const;
  // The facts of all: for each fact, the first verifier that says it. Without a verifier the state is `running`.
  Async<Facts> observe(const Briefing& briefing, std::stop_token stop);
  Async<Admission> admit(const Briefing& briefing, PlanShown plan, std::stop_token stop);
  // `baseline`: what a later verify compares with instead of the present state; null: the present state. When one holds
  // or fails, those that have locked are unlocked again. Not while `journal_open`: unlocking asks the gateway for a
  // scan, and it would load files of two revisions. Their locks then expire.
  Async<LockAnswer> lock(const Briefing& briefing, PlanShown plan, const Details* baseline, bool journal_open,
                         std::stop_token stop);
  // A verifier without a ticket compares with its last verified detail. Tickets of verifiers that are no longer
  // configured are ignored. A verifier that locks but does not verify is unlocked when the others have answered.
  Async<Health> verify(const Briefing& briefing, PlanShown plan, Tickets tickets, const Details& last_detail,
                       std::stop_token stop);
  // Never cancelled. Every verifier is asked; the first failure is the answer.
  Async<void> unlock(const Briefing& briefing, Tickets tickets);

 private:
  Async<void> unlock_those(const Briefing& briefing, Tickets tickets);
  std::vector<VerifierInstance*> modules_;
  std::optional<Error> unavailable_;
};

}  // namespace stoker::host
