#include "host/answers/text_table.hpp"

#include "host/answers/wording.hpp"
#include "host/base/printable.hpp"

#include <algorithm>
#include <sstream>

namespace stoker::host {
namespace {

const char* colour_of(Tone tone) {
  switch (tone) {
    case Tone::plain: return "";
    case Tone::good: return "\033[32m";
    case Tone::bad: return "\033[31m";
    case Tone::waiting: return "\033[33m";
    case Tone::faint: return "\033[2m";
  }
  return "";
}

}  // namespace

TextTable::TextTable(std::vector<std::string> heads, bool colours, std::size_t indent)
    : indent_(indent), colours_(colours) {
  for (std::string& head : heads) heads_.emplace_back(std::move(head));
  widen(heads_);
}

void TextTable::widen(std::vector<Cell>& row) {
  widths_.resize(std::max(widths_.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i].text = row[i].text.empty() ? "-" : printable(row[i].text, cell_bytes_max);
    widths_[i] = std::max(widths_[i], columns(row[i].text));
  }
}

void TextTable::add(std::vector<Cell> row) {
  if (!heads_.empty()) row.resize(heads_.size());
  widen(row);
  rows_.push_back(std::move(row));
}

void TextTable::print(std::ostream& out) {
  if (!has_heads_ && !heads_.empty()) print_row(heads_, out);
  has_heads_ = true;
  for (const auto& row : rows_) print_row(row, out);
  rows_.clear();
}

void TextTable::print_row(const std::vector<Cell>& row, std::ostream& out) const {
  out << std::string(indent_, ' ');
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool coloured = colours_ && row[i].tone != Tone::plain;
    if (coloured) out << colour_of(row[i].tone);
    out << row[i].text;
    if (coloured) out << "\033[0m";
    if (i + 1 < row.size()) out << std::string(widths_[i] - columns(row[i].text) + 3, ' ');
  }
  out << "\n";
}

std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent) {
  TextTable all({}, false, indent);
  for (const auto& row : rows) all.add({row.begin(), row.end()});
  std::ostringstream text;
  all.print(text);
  return text.str();
}

}  // namespace stoker::host
