// The text that printf makes: the verbs and flags of Go's fmt for texts, whole numbers and booleans. Pure.
#pragma once

#include "functions.hpp"

namespace stoker::merge::templates {

// A verb that does not fit its argument is no failure: it is shown as Go shows it, as in %!d(string=x). Fails only when
// the budget is used up.
std::optional<std::string> formatted(std::string_view format, std::span<const Value> arguments, Workspace& work);

}  // namespace stoker::merge::templates
