// The fields of a kind as tables in Markdown, for the users' page: made from its schema, so that it says what is
// checked. Pure. [any thread]
#pragma once

#include "host/config/kinds.hpp"

#include <string>

namespace stoker::host {

std::string field_table(const Kind& kind);

}  // namespace stoker::host
