#include "page.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace bench {

namespace json = boost::json;

namespace {

constexpr std::string_view begin_mark = "<!-- figures: made by ./run bench -->\n";
constexpr std::string_view end_mark = "<!-- figures end -->\n";

// Three digits that mean something.
std::string short_of(double value) {
  char text[32];
  const int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 0.9995 ? 2 : 3;
  std::snprintf(text, sizeof text, "%.*f", value == 0 ? 0 : digits, value);
  return text;
}

std::string short_of(const std::optional<double>& value, std::string_view after = {}) {
  return value ? short_of(*value) + std::string(after) : "-";
}

std::string files_of(std::size_t files) {
  return files % 1000 == 0 && files > 0 ? std::to_string(files / 1000) + "k" : std::to_string(files);
}

std::string line(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) text += " " + cell + " |";
  return text + "\n";
}

json::value number(const std::optional<double>& value) { return value ? json::value(*value) : json::value(nullptr); }

}  // namespace

std::string Row::verdict() const {
  if (impossible()) return "below its bound: a bug of the benchmark";
  if (!target) return "-";
  if (met()) return "met";
  return "missed, " + short_of(samples.median() / *target) + " times";
}

void Page::add(Row row) {
  std::cerr << row.id << " " << row.what << ", " << files_of(row.files) << " files, " << row.file_system << ": "
            << short_of(row.samples.median()) << " " << row.unit
            << (row.ratio ? ", " + short_of(*row.ratio) + " x " + row.bound_name : "") << ", target "
            << short_of(row.target) << ": " << row.verdict() << "\n";
  rows_.push_back(std::move(row));
}

void Page::add_part(std::string row, std::string part, double ms, double syncs, double written_kib) {
  parts_.push_back({std::move(row), std::move(part), ms, syncs, written_kib});
}

std::string Page::table() const {
  std::string text;
  for (const auto& [name, value] : facts_) text += "- " + name + ": " + value + "\n";
  text += "\n";
  text += line({"Id", "Workload", "Files", "On", "n", "p50", "p99", "max", "Target", "Verdict", "Bound, p50", "Ratio",
                "Reference"});
  text += "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows_)
    text += line({row.id, row.what, files_of(row.files), row.file_system, std::to_string(row.samples.count()),
                  short_of(row.samples.median()) + " " + row.unit, short_of(row.samples.at(.99)),
                  short_of(row.samples.max()), row.target ? "≤ " + short_of(*row.target) : "-", row.verdict(),
                  row.bound.count() ? row.bound_name + ", " + short_of(row.bound.median()) : "-", short_of(row.ratio),
                  row.reference});
  text += "\nWhat one round of them costs:\n\n";
  text += line({"Id", "Files", "On", "RSS peak, MiB", "Read, KiB", "Written, KiB", "Syncs", "System calls", "Note"});
  text += "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Row& row : rows_)
    if (row.rss_peak_mib || row.syncs || !row.note.empty())
      text += line({row.id, files_of(row.files), row.file_system, short_of(row.rss_peak_mib), short_of(row.read_kib),
                    short_of(row.written_kib), short_of(row.syncs), short_of(row.calls),
                    row.note.empty() ? "-" : row.note});
  text += "\nWhere the time of B1 and B2 goes (medians):\n\n";
  text += line({"Row", "Part", "ms", "Syncs", "Written, KiB"}) + "| --- | --- | --- | --- | --- |\n";
  for (const Part& part : parts_)
    text += line({part.row, part.part, short_of(part.ms), short_of(part.syncs), short_of(part.written_kib)});
  return text;
}

std::string Page::json() const {
  json::object facts;
  for (const auto& [name, value] : facts_) facts[name] = value;
  json::array rows, parts;
  for (const Row& row : rows_)
    rows.push_back({{"id", row.id},
                    {"workload", row.what},
                    {"files", row.files},
                    {"fileSystem", row.file_system},
                    {"unit", row.unit},
                    {"n", row.samples.count()},
                    {"p50", row.samples.median()},
                    {"p99", row.samples.at(.99)},
                    {"max", row.samples.max()},
                    {"target", number(row.target)},
                    {"met", row.met()},
                    {"bound", row.bound.count() ? json::value(row.bound_name) : json::value(nullptr)},
                    {"boundP50", row.bound.count() ? json::value(row.bound.median()) : json::value(nullptr)},
                    {"ratio", number(row.ratio)},
                    {"rssPeakMib", number(row.rss_peak_mib)},
                    {"readKib", number(row.read_kib)},
                    {"writtenKib", number(row.written_kib)},
                    {"syncs", number(row.syncs)},
                    {"calls", number(row.calls)},
                    {"note", row.note}});
  for (const Part& part : parts_)
    parts.push_back({{"row", part.row},
                     {"part", part.part},
                     {"p50Ms", part.ms},
                     {"syncs", part.syncs},
                     {"writtenKib", part.written_kib}});
  return json::serialize(json::object{{"format", 1}, {"machine", facts}, {"rows", rows}, {"parts", parts}}) + "\n";
}

void Page::write(const std::filesystem::path& page) const {
  std::ifstream in(page, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::size_t begin = text.find(begin_mark), end = text.find(end_mark);
  if (begin == text.npos || end == text.npos) throw std::runtime_error(page.string() + " has no place for the figures");
  text.replace(begin + begin_mark.size(), end - begin - begin_mark.size(), "\n" + table() + "\n");
  std::ofstream(page, std::ios::binary | std::ios::trunc) << text;
  std::filesystem::path beside = page;
  std::ofstream(beside.replace_extension(".json"), std::ios::binary | std::ios::trunc) << json();
}

}  // namespace bench
