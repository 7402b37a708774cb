// What a plugin is told with each call of a Run: what was assigned, what is known of the gateway now, and what this one
// Run decided. The Run makes it; it is never kept on disk. A value. [any thread]
#pragma once

#include "host/values/assignment.hpp"

namespace stoker::host {

struct Briefing {
  Briefing() = default;  // no aggregate: see host/base/async.hpp
  explicit Briefing(Assignment of, Facts known = {}) : assignment(std::move(of)), facts(std::move(known)) {}
  Assignment assignment;
  Facts facts;
  bool scan_all = false;   // the plan looks at every owned file, not only at what changed in the source
  bool repair = false;     // the plan puts back owned files that were changed at the target
  bool lock_only = false;  // lock without asking again who else is there
  std::string baseline;    // what verify compares with, as JSON text; empty: the state of the gateway at lock

  std::string inputs() const { return assignment.inputs(facts.role); }
};

// The document that crosses to plugins (docs/documents.md, "Assignment").
std::string document_of(const Briefing& briefing);

}  // namespace stoker::host
