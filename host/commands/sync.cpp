#include "host/commands/sync.hpp"

#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/exit_code.hpp"
#include "host/commands/one_shot.hpp"
#include "host/commands/printed_reports.hpp"
#include "host/commands/sync_by_host.hpp"
#include "host/commands/unusable_config.hpp"

#include <boost/asio/steady_timer.hpp>

#include <ostream>

namespace stoker::host {

namespace {

// Shows what the Runs do, again and again until it is cancelled.
class ShownRuns {
 public:
  ShownRuns(Process& process, RunProgress& progress)
      : process_(process), progress_(progress), timer_(process.loop), began_ms_(process.clock.monotonic_ms()) {}
  void begin() {
    timer_.expires_after(RunProgress::apart);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      progress_.show(process_.role.run_steps(), "", process_.clock.monotonic_ms() - began_ms_);
      begin();
    });
  }
  void end() {
    timer_.cancel();
    progress_.clear();
  }

 private:
  Process& process_;
  RunProgress& progress_;
  asio::steady_timer timer_;
  const std::int64_t began_ms_;
};

Async<std::vector<Report>> run_shown(Process& process, SyncOnce what, ShownRuns& shown, std::stop_token stop) {
  shown.begin();
  auto reports = co_await process.role.sync_once(std::move(what), std::move(stop));
  shown.end();
  co_return reports;
}

Result<std::vector<Report>> run_once(Process& process, const SyncOptions& options, std::ostream& err) {
  SyncOnce what;
  what.target = options.target;
  what.dry_run = options.dry_run;
  what.repair = options.repair;
  RunProgress progress(options.progress, terminal_columns(), err);
  ShownRuns shown(process, progress);  // outlives the loop, where its timer waits
  return one_shot<Result<std::vector<Report>>>(
      process, [&](std::stop_token stop) { return run_shown(process, what, shown, std::move(stop)); });
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

// A host that could be asked would have been asked.
void say_who_has_the_objects(const SyncOptions& options, std::ostream& err) {
  const auto socket = options.socket.empty() ? socket_of_config(options.config) : Result(options.socket);
  err << "stoker: a `stoker run` or `stoker sync` of this state folder has them, and nobody answers at "
      << (socket ? printable(socket->string(), 4096) : "its socket")
      << "; try again when it has started or ended, or name its socket with --socket\n";
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
  const Result<std::vector<Report>> reports = run_once(process, options, err);
  if (!reports) {
    err << "stoker: " << printable(reports.error().message, 65536) << "\n";
    if (reports.error().code == "platform-local.in-use") say_who_has_the_objects(options, err);
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
