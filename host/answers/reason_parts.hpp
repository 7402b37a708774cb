// What the reasons of targets and of Syncs are made of. Used by target_reasons and sync_reasons only. [any thread]
#pragma once

#include "host/answers/advice.hpp"
#include "host/answers/answer.hpp"
#include "host/answers/seen.hpp"

namespace stoker::host {

// `subject` is what the headline says before the clause: "press-1 waits: ".
Reason reason(Standing standing, const std::string& code, const std::string& subject, const std::string& clause);
// Messages end with their code: "… [merge.denied]". Empty: this one does not.
std::string code_in(const std::string& message);
// What ends it, and what to do.
void take(Reason& into, const Advice& advice);
// A message names the failure behind a hold or a condition.
void add_advice_of_message(Reason& into, const Names& names);

// `by`: the object whose annotations say who paused it and why. `resume`: the command that ends it.
Reason paused_reason(const std::string& subject, const std::string& clause, Seen by, const std::string& resume);
// That the object is being deleted, when it is.
void add_removal(std::vector<Reason>& all, Seen object, const std::string& name);

}  // namespace stoker::host
