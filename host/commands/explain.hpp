// `stoker explain CODE`: prints the long form of a load diagnostic. Called by main.
#pragma once

#include <iosfwd>
#include <string>

namespace stoker::host {

// Returns 0, or 2 when there is no such code.
int explain(const std::string& code, std::ostream& out, std::ostream& err);

}  // namespace stoker::host
