// Prints one explanation.
#include "host/commands/explain.hpp"

#include "host/commands/exit_code.hpp"

#include <algorithm>
#include <ostream>

#include "host/loading/diagnostics.hpp"

namespace stoker::host {
namespace {

// Accepts lower case: "stk-p012".
std::string in_capitals(std::string code) {
  std::transform(code.begin(), code.end(), code.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return code;
}

}  // namespace

int explain(const std::string& code, std::ostream& out, std::ostream& err) {
  const Explanation* found = explanation_of(in_capitals(code));
  if (!found) {
    err << code << ": there is no such code; there are " << code_of(explanations().front().fault) << " to "
        << code_of(explanations().back().fault) << ", each a reason why a plugin is not loaded\n";
    return exit_bad_usage;
  }
  out << code_of(found->fault) << ": " << found->title << "\n\n"
      << found->text << "\n\nWhat to do: " << found->next << ".\n";
  return exit_ok;
}

}  // namespace stoker::host
