// Prints one explanation as text.
#include "host/commands/explain.hpp"

#include <ostream>

#include "host/diagnostics.hpp"

namespace stoker::host {

int explain(const std::string& code, std::ostream& out, std::ostream& err) {
  const Explanation* found = explanation_of(code);
  if (!found) {
    err << code << ": there is no such code; known are " << code_of(explanations().front().fault) << " to "
        << code_of(explanations().back().fault) << '\n';
    return 2;
  }
  out << code << ": " << found->title << "\n\n" << found->text << "\n\nWhat to do: " << found->next << ".\n";
  return 0;
}

}  // namespace stoker::host
