#include "host/commands/sync.hpp"

#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"
#include "host/commands/unusable_config.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {

namespace {

Result<std::vector<Report>> run_once(Process& process, const SyncOptions& options) {
  SyncOnce what;
  what.target = options.target;
  what.dry_run = options.dry_run;
  what.repair = options.repair;
  return one_shot<Result<std::vector<Report>>>(
      process, [&](std::stop_token stop) { return process.role.sync_once(what, std::move(stop)); });
}

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
  for (const Change& change : report.changes) out << "  " << sign_of(change.op) << " " << change.path << "\n";
  for (const Change& change : report.further)
    if (all) out << "  " << sign_of(change.op) << " " << change.path << "\n";
  if (!report.further.empty() && !all) out << "  and " << report.further.size() << " more; --all lists them\n";
}

void print(const Report& report, const SyncOptions& options, std::ostream& out) {
  if (options.json) {
    Report whole = report;
    if (options.all) whole.changes.insert(whole.changes.end(), report.further.begin(), report.further.end());
    out << to_json(whole) << "\n";
    return;
  }
  const bool planned = report.outcome == Outcome::planned;
  out << report.target << "  " << summary(report);
  if (planned) out << ": " << forecast(report);
  out << "\n";
  for (const Decision& decision : report.decisions)
    if (planned)
      out << (decision.verdict == Decision::Verdict::refuse ? "  refuse " : "  hold ") << decision.name << ": "
          << decision.reason << "\n";
  for (const Note& note : report.notes)
    if (is_for_people(note)) out << "  " << in_words(note) << "\n";
  if (planned) print_changes(report, options.all, out);
}

// A failure determines the exit code before a hold does.
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

}  // namespace

int sync(SyncOptions options, std::ostream& out, std::ostream& err) {
  options.calls_file = "last-calls-sync";  // `stoker run` must find its own one free whenever it starts
  auto made = make_process(options, err);
  if (!made && options.dry_run) return say_why_not(made.error(), err);
  if (!made) return leave_unusable(options, made.error(), err);
  Process& process = **made;
  const Result<std::vector<Report>> reports = run_once(process, options);
  if (!reports) {
    err << "stoker: " << reports.error().message << "\n";
    return exit_failed;
  }
  for (const Report& report : *reports) print(report, options, out);
  if (!reports->empty()) return exit_code_of(*reports);
  err << "stoker: no target was run: "
      << (options.target.empty() ? "nothing is assigned" : "there is no target " + options.target) << "\n";
  return exit_bad_usage;
}

}  // namespace stoker::host
