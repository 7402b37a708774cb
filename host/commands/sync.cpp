#include "host/commands/sync.hpp"

#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"
#include "host/commands/printed_reports.hpp"
#include "host/commands/sync_by_host.hpp"
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

// Objects that cannot be opened now may be opened later, or by another user.
int exit_code_at_begin(const Error& error) {
  const bool of_objects = error.code.starts_with("platform-local.") || error.code.starts_with("object.");
  if (!of_objects) return exit_failed;
  switch (error.kind) {
    case errc::denied: return error.retryable ? exit_held : exit_denied;  // another process may have them
    case errc::unreachable:
    case errc::conflict:
    case errc::exhausted: return exit_held;
    default: return exit_failed;
  }
}

}  // namespace

int sync(SyncOptions options, std::ostream& out, std::ostream& err) {
  auto target = target_named(options.target);
  if (!target) return say_refusal(target.error(), err);
  options.target = std::move(*target);
  if (const auto ended = sync_by_host(options, out, err)) return *ended;
  options.calls_file = "last-calls-sync";  // `stoker run` must find its own one free whenever it starts
  auto made = make_process(options, err);
  if (!made && options.dry_run) return say_why_not(made.error(), err);
  if (!made) return leave_unusable(options, made.error(), err);
  Process& process = **made;
  const Result<std::vector<Report>> reports = run_once(process, options);
  if (!reports) {
    err << "stoker: " << printable(reports.error().message, 65536) << "\n";
    return exit_code_at_begin(reports.error());
  }
  print_reports(*reports, options, out);
  if (!reports->empty()) return exit_code_of(*reports);
  err << "stoker: no target was run: "
      << (options.target.empty() ? "nothing is assigned" : "there is no target " + printable(options.target, 256))
      << "\n";
  return exit_bad_usage;
}

}  // namespace stoker::host
