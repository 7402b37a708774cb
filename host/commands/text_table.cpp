#include "host/commands/text_table.hpp"

#include "host/base/printable.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {
namespace {

// Characters, not bytes.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

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

TextTable::TextTable(std::vector<std::string> heads, bool colours) : colours_(colours) {
  for (std::string& head : heads) {
    widths_.push_back(width_of(head));
    heads_.emplace_back(std::move(head));
  }
}

void TextTable::add(std::vector<Cell> row) {
  row.resize(heads_.size());
  for (std::size_t i = 0; i < row.size(); ++i) {
    row[i].text = row[i].text.empty() ? "-" : printable(row[i].text, cell_bytes_max);
    widths_[i] = std::max(widths_[i], width_of(row[i].text));
  }
  rows_.push_back(std::move(row));
}

void TextTable::print(std::ostream& out) {
  if (!has_heads_) print_row(heads_, out);
  has_heads_ = true;
  for (const auto& row : rows_) print_row(row, out);
  rows_.clear();
}

void TextTable::print_row(const std::vector<Cell>& row, std::ostream& out) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const bool coloured = colours_ && row[i].tone != Tone::plain;
    if (coloured) out << colour_of(row[i].tone);
    out << row[i].text;
    if (coloured) out << "\033[0m";
    if (i + 1 < row.size()) out << std::string(widths_[i] - width_of(row[i].text) + 3, ' ');
  }
  out << "\n";
}

// The rounding of kubectl: the longer ago, the less exact.
std::string age(std::int64_t ms) {
  const std::int64_t s = std::max<std::int64_t>(ms, 0) / 1000, m = s / 60, h = m / 60, d = h / 24, y = d / 365;
  const auto two = [](std::int64_t big, const char* unit, std::int64_t small, const char* rest) {
    return std::to_string(big) + unit + (small ? std::to_string(small) + rest : "");
  };
  if (s < 120) return std::to_string(s) + "s";
  if (m < 10) return two(m, "m", s % 60, "s");
  if (h < 3) return std::to_string(m) + "m";
  if (h < 8) return two(h, "h", m % 60, "m");
  if (h < 48) return std::to_string(h) + "h";
  if (d < 8) return two(d, "d", h % 24, "h");
  if (d < 365 * 2) return std::to_string(d) + "d";
  if (y < 8) return two(y, "y", d % 365, "d");
  return std::to_string(y) + "y";
}

}  // namespace stoker::host
