#include "host/exchange/local_exchange.hpp"

namespace stoker::host {

Async<void> LocalExchange::put(Assignment assignment) {
  const std::string target = assignment.target;
  Kept& kept = targets_[target];
  if (kept.record.assignment && kept.record.assignment->token > assignment.token)
    co_return Error(errc::conflict,
                    "target " + target + ": an Assignment with token " + std::to_string(kept.record.assignment->token) +
                        " is there, newer than " + std::to_string(assignment.token),
                    "exchange.conflict");
  kept.record.assignment = std::move(assignment);
  ring(target);
  co_return Result<void>();
}

Async<std::optional<Report>> LocalExchange::last(std::string target) const {
  const TargetRecord* record = known(target);
  co_return record ? record->last : std::nullopt;
}

Async<void> LocalExchange::remove(std::string target) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) co_return Result<void>();
  found->second.record = TargetRecord();
  ring(target);
  co_return Result<void>();
}

Async<std::optional<Assignment>> LocalExchange::newest(std::string target) const {
  const auto found = targets_.find(target);
  co_return found == targets_.end() ? std::nullopt : found->second.record.assignment;
}

Async<void> LocalExchange::report(std::string target, Report report) {
  co_await take_report_(report);
  targets_[target].record.take(std::move(report));
  if (told_) told_(target);
  co_return Result<void>();
}

Async<void> LocalExchange::tell_stand(std::string target, AgentStand stand) {
  if (renew_conditions(targets_[target].record, stand, 0) && told_) told_(target);
  co_return Result<void>();
}

Exchange::Bell LocalExchange::changed(std::string target, std::function<void()> ring) {
  auto bell = std::make_shared<const std::function<void()>>(std::move(ring));
  auto& bells = targets_[target].bells;
  std::erase_if(bells, [](const auto& each) { return each.expired(); });
  bells.push_back(bell);
  return bell;
}

const TargetRecord* LocalExchange::known(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() ? nullptr : &found->second.record;
}

void LocalExchange::ring(const std::string& target) {
  std::vector<Bell> rung;
  for (const auto& each : targets_[target].bells)
    if (auto bell = each.lock()) rung.push_back(std::move(bell));
  for (const Bell& bell : rung) (*bell)();
  if (told_) told_(target);
}

}  // namespace stoker::host
