// Announces each finished Report: in the log, in the metrics, and through the queue of every notifier. Everything that
// people are told about a Run is made here from its Report. The role owns it. [event loop]
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/calls/tasks.hpp"
#include "host/notices/notices.hpp"
#include "host/notices/run_metrics.hpp"
#include "host/notices/standing.hpp"

namespace stoker::host {

class Announcer {
 public:
  // `workers` writes the queues. All arguments have to outlive the Announcer.
  Announcer(asio::any_io_executor loop, const Config& config, Services services, Workers& workers,
            ModuleFactory& factory);
  ~Announcer();

  // Makes the notifiers, and loads the notices that an earlier process did not deliver. Returns the first failure of a
  // notifier that is required; the others are made all the same.
  Async<void> open();
  // When it returns, the notices are durable. One that could not be written is logged as lost.
  asio::awaitable<void> announce(const Report& report);
  // Delivers notices until `stop`.
  asio::awaitable<void> work(std::stop_token stop);
  // For a command that is about to end, in place of `work`: tries what waits, for at most `longest`. What is not
  // delivered by then stays for the next process, and is said.
  asio::awaitable<void> send_before_end(std::chrono::milliseconds longest, std::stop_token stop);
  asio::awaitable<void> end();

  // How the notifiers get on, in the configured order.
  std::vector<NotifierStatus> status() const;
  // What people should know of the target's files now.
  std::vector<Note> notes(const std::string& target) const;
  // How many calls into notifiers were written off.
  std::size_t written_off() const;

 private:
  struct Receiver;
  Async<void> open_one(const ModuleConfig& module);
  void log_report(const Report& report, bool news, const std::vector<Note>& new_notes) const;

  asio::any_io_executor loop_;
  const Config& config_;
  Services services_;
  Workers& workers_;
  ModuleFactory& factory_;
  ModuleLog log_;
  Tasks tasks_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::map<std::string, Standing> standing_;  // by target
  RunMetrics runs_;
  Metric notices_, waiting_;
};

}  // namespace stoker::host
