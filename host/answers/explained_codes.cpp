// Reads Markdown tables line by line.
#include "host/answers/explained_codes.hpp"

#include <algorithm>
#include <sstream>

namespace stoker::host {
namespace {

// Of "| a | b |".
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| ")) return cells;
  line.remove_prefix(2);
  for (std::size_t end = line.find(" |"); end != line.npos; end = line.find(" |")) {
    cells.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(line.size(), end + 3));
  }
  return cells;
}

// Of "`a`, `b`".
std::vector<std::string> codes_in(std::string_view cell) {
  std::vector<std::string> codes;
  for (std::size_t from = cell.find('`'); from != cell.npos; from = cell.find('`')) {
    cell.remove_prefix(from + 1);
    const std::size_t end = cell.find('`');
    if (end == cell.npos) break;
    codes.emplace_back(cell.substr(0, end));
    cell.remove_prefix(end + 1);
  }
  return codes;
}

std::string kind_of(std::string_view heading) {
  if (heading == "Code") return "code";
  if (heading == "Hold") return "hold";
  return heading == "Note" ? "note" : "";
}

}  // namespace

bool stands_for(const std::string& known, std::string_view code) {
  constexpr std::string_view and_on = "…";
  if (known.ends_with(and_on)) return code.starts_with(std::string_view(known).substr(0, known.size() - and_on.size()));
  return known == code;
}

std::vector<ExplainedCode> explained_codes(const std::vector<CodePage>& pages) {
  std::vector<ExplainedCode> all;
  for (const CodePage& page : pages) {
    std::istringstream lines(page.text);
    std::string kind;  // of the table that is read; empty: it has no codes
    bool in_table = false;
    for (std::string line; std::getline(lines, line);) {
      const std::vector<std::string> cells = cells_of(line);
      if (cells.size() == 3 && !in_table) kind = kind_of(cells[0]);
      in_table = !cells.empty();
      if (cells.size() != 3 || kind.empty()) continue;
      for (std::string& code : codes_in(cells[0]))
        all.push_back({std::move(code), cells[1], cells[2], page.name, kind});
    }
  }
  return all;
}

std::vector<ExplainedCode> explanations_of(std::string_view code) {
  std::vector<ExplainedCode> all = explained_codes(code_pages());
  std::erase_if(all, [&](const ExplainedCode& known) { return !stands_for(known.code, code); });
  return all;
}

}  // namespace stoker::host
