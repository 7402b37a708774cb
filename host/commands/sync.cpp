#include "host/commands/sync.hpp"

#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"
#include "host/commands/unusable_config.hpp"

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

void print(const Report& report, const SyncOptions& options, std::ostream& out) {
  if (options.json) {
    out << to_json(report) << "\n";
    return;
  }
  out << report.target << "  " << summary(report) << "\n";
  if (!options.dry_run) return;
  for (const Change& change : report.changes) out << "  " << sign_of(change.op) << " " << change.path << "\n";
}

// A failure determines the exit code before a hold does.
int exit_code_of(const std::vector<Report>& reports) {
  int code = exit_ok;
  for (const Report& report : reports) {
    const bool unasked =
        report.outcome == Outcome::failed && report.stage == Stage::resolve && report.error && report.error->retryable;
    const bool bad = report.outcome == Outcome::failed || report.outcome == Outcome::reverted;
    if (bad && !unasked) return exit_failed;
    if (report.outcome == Outcome::held || unasked) code = exit_held;
  }
  return code;
}

}  // namespace

int sync(const SyncOptions& options, std::ostream& out, std::ostream& err) {
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
