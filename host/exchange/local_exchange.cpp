#include "host/exchange/local_exchange.hpp"

namespace stoker::host {

Async<void> LocalExchange::put(Assignment assignment) {
  const std::string target = assignment.target;
  Kept& kept = targets_[target];
  if (kept.assignment && kept.assignment->token > assignment.token)
    co_return Error(errc::conflict,
                    "target " + target + ": an Assignment with token " + std::to_string(kept.assignment->token) +
                        " is there, newer than " + std::to_string(assignment.token),
                    "exchange.conflict");
  kept.assignment = std::move(assignment);
  ring(target);
  co_return Result<void>();
}

Async<std::optional<Report>> LocalExchange::last(std::string target) const {
  const Report* report = last_now(target);
  co_return report ? std::optional<Report>(*report) : std::nullopt;
}

Async<void> LocalExchange::remove(std::string target) {
  const auto found = targets_.find(target);
  if (found == targets_.end()) co_return Result<void>();
  found->second.assignment.reset();
  found->second.report.reset();
  ring(target);
  co_return Result<void>();
}

Async<std::optional<Assignment>> LocalExchange::newest(std::string target) const {
  const auto found = targets_.find(target);
  co_return found == targets_.end() ? std::nullopt : found->second.assignment;
}

Async<void> LocalExchange::report(std::string target, Report report) {
  co_await take_report_(report);
  targets_[target].report = std::move(report);
  co_return Result<void>();
}

Exchange::Bell LocalExchange::changed(std::string target, std::function<void()> ring) {
  auto bell = std::make_shared<const std::function<void()>>(std::move(ring));
  auto& bells = targets_[target].bells;
  std::erase_if(bells, [](const auto& each) { return each.expired(); });
  bells.push_back(bell);
  return bell;
}

const Report* LocalExchange::last_now(const std::string& target) const {
  const auto found = targets_.find(target);
  return found == targets_.end() || !found->second.report ? nullptr : &*found->second.report;
}

void LocalExchange::ring(const std::string& target) {
  std::vector<Bell> rung;
  for (const auto& each : targets_[target].bells)
    if (auto bell = each.lock()) rung.push_back(std::move(bell));
  for (const Bell& bell : rung) (*bell)();
}

}  // namespace stoker::host
