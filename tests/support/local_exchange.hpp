// An exchange that is a map, for tests of what puts into one or takes from it. What it keeps dies with it. [event loop]
#pragma once

#include "host/exchange/exchange.hpp"

#include <map>
#include <vector>

namespace stoker::host::testing {

class LocalExchange final : public Exchange {
 public:
  // `take_report` is awaited with each Report before it is acknowledged: log, metrics, notices.
  using TakeReport = std::function<asio::awaitable<void>(const Report&)>;
  explicit LocalExchange(TakeReport take_report) : take_report_(std::move(take_report)) {}

  Async<void> put(Assignment assignment) override {
    const std::string target = assignment.target;
    Kept& kept = targets_[target];
    if (kept.record.assignment && kept.record.assignment->token > assignment.token)
      co_return Error(errc::conflict,
                      "target " + target + ": an Assignment with token " +
                          std::to_string(kept.record.assignment->token) + " is there, newer than " +
                          std::to_string(assignment.token),
                      "exchange.conflict");
    kept.record.assignment = std::move(assignment);
    ring(target);
    co_return Result<void>();
  }
  Async<std::optional<Report>> last(std::string target) const override {
    const TargetRecord* record = known(target);
    co_return record ? record->last : std::nullopt;
  }
  TargetWishes wishes(const std::string&) const override { return {}; }
  const TargetRecord* known(const std::string& target) const override {
    const auto found = targets_.find(target);
    return found == targets_.end() ? nullptr : &found->second.record;
  }
  void when_changed(std::function<void(const std::string& target)> told) override { told_ = std::move(told); }
  Async<void> remove(std::string target) override {
    const auto found = targets_.find(target);
    if (found == targets_.end()) co_return Result<void>();
    found->second.record = TargetRecord();
    ring(target);
    co_return Result<void>();
  }
  Async<std::optional<Assignment>> newest(std::string target) const override {
    const auto found = targets_.find(target);
    if (found == targets_.end()) co_return std::nullopt;
    std::optional<Assignment> assignment = found->second.record.assignment;
    const std::optional<Report>& tried = found->second.record.waiting;
    if (assignment && !assignment->waiting.asked.empty())
      assignment->waiting_due = !tried || tried->answers_plan != assignment->waiting.asked;
    co_return assignment;
  }
  Async<void> tell_stand(std::string target, AgentStand stand) override {
    if (renew_conditions(targets_[target].record, stand, 0) && told_) told_(target);
    co_return Result<void>();
  }
  Async<void> report(std::string target, Report report) override {
    co_await take_report_(report);
    targets_[target].record.take(std::move(report));
    if (told_) told_(target);
    co_return Result<void>();
  }
  Bell changed(std::string target, std::function<void()> ring) override {
    auto bell = std::make_shared<const std::function<void()>>(std::move(ring));
    auto& bells = targets_[target].bells;
    std::erase_if(bells, [](const auto& each) { return each.expired(); });
    bells.push_back(bell);
    return bell;
  }

 private:
  struct Kept {
    TargetRecord record;
    std::vector<std::weak_ptr<const std::function<void()>>> bells;
  };
  void ring(const std::string& target) {
    std::vector<Bell> rung;
    for (const auto& each : targets_[target].bells)
      if (auto bell = each.lock()) rung.push_back(std::move(bell));
    for (const Bell& bell : rung) (*bell)();
    if (told_) told_(target);
  }

  TakeReport take_report_;
  std::function<void(const std::string&)> told_;
  std::map<std::string, Kept> targets_;
};

}  // namespace stoker::host::testing
