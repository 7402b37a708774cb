// What each code, hold and note means: the tables of pages of docs/, which are part of the program. So a code is
// explained in one place, for readers of the pages and of `stoker explain`. Pure. [any thread]
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct CodePage {
  std::string name, text;
};
// Made by the build (code_pages.cpp.in).
const std::vector<CodePage>& code_pages();

struct ExplainedCode {
  std::string code, means, next;
  std::string page;  // "docs/git.md"
  std::string kind;  // "code", "hold" or "note"
};

// The rows of the tables whose first column is Code, Hold or Note, one entry for each code of a row. A code that ends
// with "…" stands for all that begin like it.
std::vector<ExplainedCode> explained_codes(const std::vector<CodePage>& pages);
// Does a row of `known` say something of `code`? A row may end with "…".
bool stands_for(const std::string& known, std::string_view code);
// A name may be a hold and a note.
std::vector<ExplainedCode> explanations_of(std::string_view code);

}  // namespace stoker::host
