// The results: rows of measured values with what they are held against, as a table for docs/performance.md and as JSON.
// A value.
#pragma once

#include "figures.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// One workload with one size on one file system.
struct Row {
  std::string id, what;
  std::size_t files = 0;
  std::string file_system;
  std::string unit = "ms";  // of the samples: ms, MiB, KiB
  Samples samples;
  std::optional<double> target;  // the median is to be at most that
  std::string bound_name;
  Samples bound;                       // of the same rounds
  std::optional<double> ratio, floor;  // floor: nothing can be faster, so a round below it is a bug of the benchmark
  std::optional<double> rss_peak_mib, read_kib, written_kib, syncs, calls;
  std::string reference = "-";  // recorded on another machine: no ratio is made from it
  std::string note;

  bool met() const { return !target || samples.median() <= *target; }
  bool impossible() const { return floor && samples.at(0) < *floor; }
  std::string verdict() const;
};

class Page {
 public:
  void add(Row row);
  void add_fact(std::string name, std::string value) { facts_.emplace_back(std::move(name), std::move(value)); }
  // A part of a row's median, for the breakdown below the table.
  void add_part(std::string row, std::string part, double ms, double syncs, double written_kib);
  const std::vector<Row>& rows() const { return rows_; }

  std::string table() const;
  std::string json() const;
  // Replaces what is between the markers in the page, and writes the JSON beside it.
  void write(const std::filesystem::path& page) const;

 private:
  struct Part {
    std::string row, part;
    double ms, syncs, written_kib;
  };
  std::vector<std::pair<std::string, std::string>> facts_;
  std::vector<Row> rows_;
  std::vector<Part> parts_;
};

}  // namespace bench
