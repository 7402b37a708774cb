// Agents without files: each takes the newest Assignment of its target from the exchange and reports at once that it
// runs. [event loop]
#pragma once

#include "host/calls/tasks.hpp"
#include "host/config/target_directory.hpp"
#include "host/exchange/exchange.hpp"
#include "host/offered/clock.hpp"

#include <set>

namespace bench {

namespace host = stoker::host;

class FakeAgents {
 public:
  static constexpr std::size_t at_once = 16;

  FakeAgents(host::Exchange& exchange, const host::TargetDirectory& targets, host::asio::any_io_executor loop,
             const host::Clock& clock, host::ModuleLog log);

  std::uint64_t reports() const { return reports_; }
  // After a stop no agent begins anything.
  void stop() { due_.clear(); }
  host::asio::awaitable<void> all() { return tasks_.all(); }

 private:
  struct Done {
    std::uint64_t token = 0;
    std::string hold;
    bool operator==(const Done&) const = default;
  };
  void ring(const std::string& target);
  host::asio::awaitable<void> work();
  host::asio::awaitable<void> answer(std::string target);
  host::Report report_of(const host::Assignment& assignment);

  host::Exchange& exchange_;
  const host::Clock& clock_;
  host::Tasks tasks_;
  std::vector<host::Exchange::Bell> bells_;
  std::set<std::string> due_;
  std::map<std::string, Done> done_;  // by target: what was reported last
  std::size_t working_ = 0;
  std::uint64_t reports_ = 0;
};

}  // namespace bench
