// What each hold, failure and condition means for a person who asks why nothing goes on: a clause, what ends it, and
// the commands to type next. The long form of holds and codes is in the pages of docs/ (explained_codes.hpp). A new
// hold or family of codes needs a row here; a test walks over all that the pages and the sources name. [any thread]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// Whom the commands are about. A name may be empty: then commands that need it are left out.
struct Names {
  std::string target, sync;
};

struct Advice {
  std::string clause;             // "a Designer is open on the gateway"
  std::string ended_by;           // "the Designer is closed"
  std::string advice;             // the row of the pages: what to do
  bool by_itself = false;         // it may end without a person
  std::vector<std::string> next;  // commands
  bool known = false;             // false: made of nothing but the name
};

Advice advice_on_hold(const std::string& hold, const Names& names);
// `retryable`: Stoker tries the same again by itself.
Advice advice_on_error(const std::string& code, bool retryable, const Names& names);

// Of a condition of a GatewaySync, in the status that is not wanted.
struct ConditionAdvice {
  std::string_view type, bad;  // "True" or "False"
  bool stops = false;          // nothing new reaches the targets while it stands
  std::string_view clause;
  std::string_view command;  // with {sync}; may be empty
};
// Null: nobody knows which of its statuses is wanted, or it repeats what others say.
const ConditionAdvice* advice_on_condition(std::string_view type);

// "stoker retry line-a --target press-1". Empty: the Sync is not known.
std::string retry_command(const Names& names);

}  // namespace stoker::host
