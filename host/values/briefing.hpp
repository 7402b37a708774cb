// What a plugin is told with each call of one Run: what was assigned, what is known of the gateway now, and what this
// one Run decided. Made by the Run, never kept. A value. [any thread]
#pragma once

#include "host/values/assignment.hpp"

namespace stoker::host {

struct Briefing {
  Briefing() = default;  // no aggregate: gcc 12 frees the members of aggregate temporaries in co_await twice
  explicit Briefing(Assignment of, Facts known = {}) : assignment(std::move(of)), facts(std::move(known)) {}
  Assignment assignment;
  Facts facts;
  bool scan_all = false;   // the plan looks at every owned file, not only at what changed in the source
  bool repair = false;     // the plan puts back owned files that were changed at the target
  bool lock_only = false;  // lock without asking again who else is there
  std::string baseline;    // JSON text of the detail that verify compares with, or empty: the state at lock

  std::string inputs() const { return assignment.inputs(facts.role); }
};

// The document that crosses to plugins (docs/documents.md, "Assignment").
std::string document_of(const Briefing& briefing);

}  // namespace stoker::host
