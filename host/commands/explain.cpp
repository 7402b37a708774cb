// Prints one explanation.
#include "host/commands/explain.hpp"

#include "host/answers/explained_codes.hpp"
#include "host/commands/exit_code.hpp"
#include "host/config/validation.hpp"
#include "host/loading/diagnostics.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {
namespace {

// Accepts lower case: "stk-p012".
std::string in_capitals(std::string code) {
  std::transform(code.begin(), code.end(), code.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return code;
}

int refuse(const std::string& code, std::ostream& err) {
  std::vector<std::string> known;
  for (const ExplainedCode& one : explained_codes(code_pages())) known.push_back(one.code);
  const std::string meant = nearest(code, known);
  err << code << ": there is no such code" << (meant.empty() ? "" : "; did you mean " + meant + "?")
      << "\nThe codes are in docs/codes.md, and " << code_of(explanations().front().fault) << " to "
      << code_of(explanations().back().fault)
      << " say why a plugin is not loaded. A plugin that is not shipped with Stoker has its own in its README.\n";
  return exit_bad_usage;
}

}  // namespace

int explain(const std::string& code, std::ostream& out, std::ostream& err) {
  if (const Explanation* found = explanation_of(in_capitals(code))) {
    out << code_of(found->fault) << ": " << found->title << "\n\n"
        << found->text << "\n\nWhat to do: " << found->next << ".\n";
    return exit_ok;
  }
  const std::vector<ExplainedCode> all = explanations_of(code);
  if (all.empty()) return refuse(code, err);
  for (const ExplainedCode& one : all)
    out << code << " (" << one.kind << "): " << one.means << "\n\nWhat to do: " << one.next << "\n\nFrom " << one.page
        << "\n";
  return exit_ok;
}

}  // namespace stoker::host
