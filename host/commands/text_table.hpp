// A table for people: columns that are as wide as their texts, three blanks between them. Its texts come from objects,
// so control characters are escaped. Colours only where they are asked for. [any thread]
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace stoker::host {

// How a text is coloured.
enum class Tone { plain, good, bad, waiting, faint };

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
  Cell() = default;
  Cell(std::string what, Tone how = Tone::plain) : text(std::move(what)), tone(how) {}
};

class TextTable {
 public:
  TextTable(std::vector<std::string> heads, bool colours);
  // An empty text becomes "-".
  void add(std::vector<Cell> row);
  // Prints what was added since the last time, below the heads the first time. Columns never become narrower.
  void print(std::ostream& out);

 private:
  static constexpr std::size_t cell_bytes_max = 1024;
  void print_row(const std::vector<Cell>& row, std::ostream& out) const;

  std::vector<Cell> heads_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  bool colours_, has_heads_ = false;
};

// How long ago, as kubectl writes it: "5s", "3m20s", "2d3h".
std::string age(std::int64_t ms);

}  // namespace stoker::host
