// A table for people: columns that are as wide as their texts, three blanks between them. Its texts come from objects
// and plugins, so control characters are escaped. Colours only where they are asked for. [any thread]
#pragma once

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
  // Without heads, the first row that is added is the first line. `indent`: blanks before each line.
  explicit TextTable(std::vector<std::string> heads, bool colours = false, std::size_t indent = 0);
  // An empty text becomes "-".
  void add(std::vector<Cell> row);
  // Prints what was added since the last time, below the heads the first time. Columns never become narrower.
  void print(std::ostream& out);

 private:
  static constexpr std::size_t cell_bytes_max = 1024;
  void widen(std::vector<Cell>& row);
  void print_row(const std::vector<Cell>& row, std::ostream& out) const;

  std::vector<Cell> heads_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  std::size_t indent_;
  bool colours_, has_heads_ = false;
};

// Rows that are known already, as one text. Each line ends with \n.
std::string table(const std::vector<std::vector<std::string>>& rows, std::size_t indent = 0);

}  // namespace stoker::host
