// The exchange of one process: a map. What it keeps dies with the process; the agent keeps its last Assignment on the
// target's own volume, so nothing is lost. [event loop]
#pragma once

#include "host/exchange/exchange.hpp"

#include <map>
#include <vector>

namespace stoker::host {

class LocalExchange final : public Exchange {
 public:
  // `take_report` is awaited with each Report before it is acknowledged: log, metrics, notices.
  using TakeReport = std::function<asio::awaitable<void>(const Report&)>;
  explicit LocalExchange(TakeReport take_report) : take_report_(std::move(take_report)) {}

  Async<void> put(Assignment assignment) override;
  Async<std::optional<Report>> last(std::string target) const override;
  TargetWishes wishes(const std::string&) const override { return {}; }
  const TargetRecord* known(const std::string& target) const override;
  void when_changed(std::function<void(const std::string& target)> told) override { told_ = std::move(told); }
  Async<void> remove(std::string target) override;
  Async<std::optional<Assignment>> newest(std::string target) const override;
  Async<void> report(std::string target, Report report) override;
  Async<void> tell_stand(std::string target, AgentStand stand) override;
  Bell changed(std::string target, std::function<void()> ring) override;

 private:
  struct Kept {
    TargetRecord record;
    std::vector<std::weak_ptr<const std::function<void()>>> bells;
  };
  void ring(const std::string& target);

  TakeReport take_report_;
  std::function<void(const std::string&)> told_;
  std::map<std::string, Kept> targets_;
};

}  // namespace stoker::host
