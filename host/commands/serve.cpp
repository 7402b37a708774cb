#include "host/commands/serve.hpp"

#include "host/loading/installed.hpp"
#include "host/roles/standalone.hpp"
#include "host/web/http_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <ostream>

namespace stoker::host {

namespace {

constexpr int ok = 0, failed = 1, bad_usage = 2, held = 5;

LogSettings log_settings(const LogConfig& config, const Clock& clock) {
  LogSettings settings;
  settings.format = config.json ? LogFormat::json : LogFormat::text;
  settings.level = severity_of(config.level).value_or(Severity::info);
  for (const auto& [module, level] : config.modules)
    settings.modules[module] = severity_of(level).value_or(settings.level);
  settings.clock = &clock;
  return settings;
}

// The configuration, checked; or nothing, and the mistakes said.
std::optional<Config> configured(const ServeOptions& options, const std::vector<Manifest>& installed,
                                 std::ostream& err) {
  LoadedConfig loaded = load_config(options.config, schemas_of(installed));
  if (loaded.config) return std::move(loaded.config);
  err << loaded.errors.text();
  return std::nullopt;
}

// What a role is made of, in the order in which it is made; it ends in the opposite order.
struct Process {
  Config config;
  SystemClock clock;
  Log log;
  Metrics metrics;
  asio::io_context loop{1};
  ModuleFactory modules;
  Standalone role;

  explicit Process(Config c)
      : config(std::move(c)),
        log(log_settings(config.log, clock)),
        modules(config, Services{log, clock, metrics}),
        role(loop, config, modules, Services{log, clock, metrics}) {}
};

bool load(Process& process, const std::vector<Manifest>& installed, std::ostream& err) {
  const std::vector<Error> failures = process.modules.load(installed);
  for (const Error& failure : failures)
    err << "stoker: " << failure.message << (failure.code.empty() ? "" : " [" + failure.code + "]") << "\n";
  return failures.empty();
}

std::vector<HttpRoute> routes(Process& process) {
  auto health = [&process](std::string_view) {
    const std::string why = process.role.unhealthy();
    return HttpReply{why.empty() ? 200u : 503u, why.empty() ? "ok\n" : why + "\n"};
  };
  auto readiness = [&process](std::string_view) {
    return process.role.ready() ? HttpReply{200, "ok\n"} : HttpReply{503, "starting\n"};
  };
  auto metrics = [&process](std::string_view) {
    return HttpReply{200, process.metrics.text(), "text/plain; version=0.0.4"};
  };
  auto page = [&process](std::string_view) { return HttpReply{200, process.role.status_page()}; };
  return {{"/healthz", health}, {"/readyz", readiness}, {"/metrics", metrics}, {"/", page}};
}

asio::awaitable<void> until_signal(Process& process, asio::signal_set& signals, std::stop_source& stop) {
  for (;;) {
    const auto [error, signal] = co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
    if (signal == SIGHUP) {
      process.role.reload();
      continue;
    }
    process.log.module("stoker").info("stopping", {{"signal", signal}});
    stop.request_stop();
  }
}

asio::awaitable<void> serve(Process& process, HttpServer* pages, asio::signal_set& signals, std::stop_source& stop,
                            int& code, std::ostream& err) {
  auto result = co_await process.role.run(stop.get_token());
  if (!result) {
    err << "stoker: " << result.error().message << "\n";
    code = failed;
  }
  signals.cancel();
  if (pages) pages->stop();
}

// A peer that went away and a file that may not grow end a call, not the process.
void take_as_errors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace

int run(const ServeOptions& options, std::ostream& err) {
  std::signal(SIGHUP, SIG_IGN);  // until there is somebody to hear it, it must not end the process
  const std::vector<Manifest> installed = installed_plugins(options.plugins, libraries_named(options.config), err);
  auto config = configured(options, installed, err);
  if (!config) return bad_usage;
  Process process(std::move(*config));
  if (!load(process, installed, err)) return failed;

  std::unique_ptr<HttpServer> pages;
  if (const auto& http = process.config.http) {
    const bool six = http->address.find(':') != std::string::npos;
    const std::string address = (six ? "[" + http->address + "]" : http->address) + ":" + std::to_string(http->port);
    auto listening = HttpServer::listen(process.loop.get_executor(), address, routes(process));
    if (!listening) {
      err << "stoker: http.listen " << address << ": " << listening.error().message << "\n";
      return failed;
    }
    pages = std::move(listening).value();
    process.log.module("stoker").info("listening", {{"address", http->address}, {"port", std::int64_t(pages->port())}});
  }
  int code = ok;
  std::stop_source stop;
  take_as_errors();
  asio::signal_set signals(process.loop, SIGTERM, SIGINT, SIGHUP);
  Tasks tasks(process.loop.get_executor(), process.log.module("stoker"));
  tasks.spawn("signals", until_signal(process, signals, stop));
  if (pages) tasks.spawn("pages", pages->serve());
  tasks.spawn("role", serve(process, pages.get(), signals, stop, code, err));
  process.loop.run();
  return code;
}

int sync(const SyncOptions& options, std::ostream& out, std::ostream& err) {
  const std::vector<Manifest> installed = installed_plugins(options.plugins, libraries_named(options.config), err);
  auto config = configured(options, installed, err);
  if (!config) return bad_usage;
  Process process(std::move(*config));
  if (!load(process, installed, err)) return failed;

  std::stop_source stop;
  take_as_errors();
  asio::signal_set signals(process.loop, SIGTERM, SIGINT);
  signals.async_wait([&stop](const boost::system::error_code& error, int) {
    if (!error) stop.request_stop();
  });
  SyncOnce what;
  what.target = options.target;
  what.dry_run = options.dry_run;
  Result<std::vector<Report>> reports;
  asio::co_spawn(process.loop, process.role.sync_once(what, stop.get_token()),
                 [&](std::exception_ptr thrown, Result<std::vector<Report>> answer) {
                   if (!thrown) reports = std::move(answer);
                   signals.cancel();
                 });
  process.loop.run();
  if (!reports) {
    err << "stoker: " << reports.error().message << "\n";
    return failed;
  }
  int code = reports->empty() ? bad_usage : ok;
  for (const Report& report : *reports) {
    if (options.json)
      out << to_json(report) << "\n";
    else
      out << report.target << "  " << summary(report) << "\n";
    for (const Change& change : options.json ? std::vector<Change>() : report.changes)
      if (options.dry_run)
        out << "  "
            << (change.op == Change::Op::remove ? "- "
                : change.op == Change::Op::add  ? "+ "
                                                : "~ ")
            << change.path << "\n";
    const bool unasked = report.outcome == Outcome::failed && report.stage == Stage::resolve;
    const bool bad = report.outcome == Outcome::failed || report.outcome == Outcome::reverted;
    if ((report.outcome == Outcome::held || unasked) && code == ok) code = held;
    if (bad && !unasked) code = failed;
  }
  if (reports->empty())
    err << "stoker: no target was run: "
        << (options.target.empty() ? "nothing is assigned" : "there is no target " + options.target) << "\n";
  return code;
}

}  // namespace stoker::host
