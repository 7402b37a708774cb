#include "host/commands/run.hpp"

#include "host/calls/process_guard.hpp"
#include "host/commands/exit_code.hpp"
#include "host/commands/unusable_config.hpp"
#include "host/web/http_server.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <ostream>

namespace stoker::host {

namespace {

std::vector<HttpRoute> routes(Process& process) {
  auto health = [&process](std::string_view) {
    const std::string why = process.role.unhealthy();
    return HttpReply{why.empty() ? 200u : 503u, why.empty() ? "ok\n" : why + "\n"};
  };
  auto readiness = [&process](std::string_view) {
    const std::string why = process.role.not_ready();
    return HttpReply{why.empty() ? 200u : 503u, why.empty() ? "ok\n" : why + "\n"};
  };
  auto whole = [&process](std::string_view) {
    return process.role.targets_are_whole() ? HttpReply{200, "ok\n"} : HttpReply{503, "starting\n"};
  };
  auto metrics = [&process](std::string_view) {
    return HttpReply{200, process.metrics.text(), "text/plain; version=0.0.4"};
  };
  auto page = [&process](std::string_view) { return HttpReply{200, status_page(process.role.status())}; };
  return {{"/healthz", health}, {"/readyz", readiness}, {"/readyz/targets", whole}, {"/metrics", metrics}, {"/", page}};
}

// Null when the configuration has no `http`.
Result<std::unique_ptr<HttpServer>> listen(Process& process) {
  const auto& http = process.config.http;
  if (!http) return std::unique_ptr<HttpServer>();
  const bool six = http->address.find(':') != std::string::npos;
  const std::string address = (six ? "[" + http->address + "]" : http->address) + ":" + std::to_string(http->port);
  auto listening = HttpServer::listen(process.loop.get_executor(), address, routes(process));
  if (!listening) return std::move(listening).error().in("http.listen " + address);
  process.log.module("stoker").info("listening",
                                    {{"address", http->address}, {"port", std::int64_t((*listening)->port())}});
  return listening;
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
                            Result<void>& ended) {
  ended = co_await process.role.run(stop.get_token());
  signals.cancel();
  if (pages) pages->stop();
}

}  // namespace

int run(const ProcessOptions& options, std::ostream& err) {
  std::signal(SIGHUP, SIG_IGN);  // SIGHUP must not end the process before the role handles it
  auto made = make_process(options, err);
  if (!made) return leave_unusable(options, made.error(), err);
  Process& process = **made;
  auto pages = listen(process);
  if (!pages) {
    err << "stoker: " << pages.error().message << "\n";
    return exit_failed;
  }
  std::stop_source stop;
  Result<void> ended;
  asio::signal_set signals(process.loop, SIGTERM, SIGINT, SIGHUP);
  keep_signal_actions();
  Tasks tasks(process.loop.get_executor(), process.log.module("stoker"));
  tasks.spawn("signals", until_signal(process, signals, stop));
  if (*pages) tasks.spawn("pages", (*pages)->serve());
  tasks.spawn("role", serve(process, pages->get(), signals, stop, ended));
  process.loop.run();
  forget_signal_actions();
  if (ended) return exit_ok;
  err << "stoker: " << ended.error().message << "\n";
  return exit_failed;
}

}  // namespace stoker::host
