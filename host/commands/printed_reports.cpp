#include "host/commands/printed_reports.hpp"

#include "host/base/printable.hpp"
#include "host/commands/exit_code.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {
namespace {

constexpr std::size_t line_max = 65536;

std::string shown(std::string_view text) { return printable(text, line_max); }

// JSON may hold C1 control characters as they are, and some terminals act on them.
std::string escaped(const std::string& json_text) { return printable(json_text, json_text.size()); }

char sign_of(Change::Op op) { return op == Change::Op::remove ? '-' : op == Change::Op::add ? '+' : '~'; }

bool has(const Report& report, Decision::Verdict verdict) {
  return std::any_of(report.decisions.begin(), report.decisions.end(),
                     [&](const Decision& decision) { return decision.verdict == verdict; });
}

// What a Run of this plan would do.
std::string_view forecast(const Report& report) {
  if (has(report, Decision::Verdict::refuse)) return "would be refused";
  if (has(report, Decision::Verdict::hold)) return "would wait";
  return report.changes.empty() ? "nothing to do" : "would be applied";
}

void print_changes(const Report& report, bool all, std::ostream& out) {
  for (const Change& change : report.changes) out << "  " << sign_of(change.op) << " " << shown(change.path) << "\n";
  for (const Change& change : report.further)
    if (all) out << "  " << sign_of(change.op) << " " << shown(change.path) << "\n";
  if (!report.further.empty() && !all) out << "  and " << report.further.size() << " more; --all lists them\n";
  const Counts& all_of = report.counts;
  const std::uint64_t counted = all_of.added + all_of.changed + all_of.removed + all_of.chmod;
  const std::uint64_t known = report.changes.size() + report.further.size();
  if (counted > known) out << "  and " << counted - known << " more; the host keeps only these\n";
}

void print(const Report& report, const SyncOptions& options, std::ostream& out) {
  if (options.json) {
    Report whole = report;
    if (options.all) whole.changes.insert(whole.changes.end(), report.further.begin(), report.further.end());
    out << escaped(to_json(whole)) << "\n";
    return;
  }
  const bool planned = report.outcome == Outcome::planned;
  out << shown(report.target.empty() ? "gatewaysync/" + report.sync : report.target) << "  " << shown(summary(report));
  if (planned) out << ": " << forecast(report);
  out << "\n";
  for (const Decision& decision : report.decisions)
    if (planned)
      out << (decision.verdict == Decision::Verdict::refuse ? "  refuse " : "  hold ") << shown(decision.name) << ": "
          << shown(decision.reason) << "\n";
  for (const Note& note : report.notes)
    if (is_for_people(note)) out << "  " << shown(in_words(note)) << "\n";
  if (planned) print_changes(report, options.all, out);
}

}  // namespace

void print_reports(const std::vector<Report>& reports, const SyncOptions& options, std::ostream& out) {
  for (const Report& report : reports) print(report, options, out);
}

int exit_code_of(const std::vector<Report>& reports) {
  int code = exit_ok;
  for (const Report& report : reports) {
    const bool planned = report.outcome == Outcome::planned;
    const bool unasked =
        report.outcome == Outcome::failed && report.stage == Stage::resolve && report.error && report.error->retryable;
    const bool refused = planned && has(report, Decision::Verdict::refuse);
    const bool bad = report.outcome == Outcome::failed || report.outcome == Outcome::reverted || refused;
    if (bad && !unasked) return exit_failed;
    const bool waits = report.outcome == Outcome::held || (planned && has(report, Decision::Verdict::hold));
    if (waits || unasked) code = exit_held;
  }
  return code;
}

}  // namespace stoker::host
