// The list of open Designers and the hold that names them.
#include "designers.hpp"

#include <stoker/shorter_call.hpp>

namespace ignition {

using stoker::Decision;
using stoker::Result;

namespace {

constexpr std::size_t named_max = 3;
constexpr std::chrono::seconds count_limit{2};  // nothing depends on the count, so nothing waits for it
constexpr const char* list_path = "/data/api/v1/designers?limit=100";

std::string who(const std::vector<Designer>& open) {
  std::string text;
  for (std::size_t i = 0; i < open.size() && i < named_max; ++i)
    text += (i ? ", " : "") + open[i].user + " has a Designer open" +
            (open[i].project.empty() ? " on no project" : " on project " + open[i].project);
  if (open.size() > named_max) text += " and " + std::to_string(open.size() - named_max) + " more";
  return text;
}

}  // namespace

Result<Decision> ask_designers(stoker::Call& call, const GatewayClient& gateway, DesignerPolicy policy,
                               std::int64_t again_at_ms, const stoker::Log& log) {
  auto json = gateway.get(call, list_path);
  auto open = json ? designers(*json) : Result<std::vector<Designer>>(json.error());
  if (!open && open.error() == stoker::errc::cancelled) return std::move(open).error();
  if (policy == DesignerPolicy::proceed) {
    if (!open)
      log.debug("the list of open Designers cannot be read", {{"error", open.error().message}});
    else if (!open->empty())
      log.info("goes on although Designers are open", {{"designers", who(*open)}});
    return Decision::allow();
  }
  if (open && open->empty()) return Decision::allow();
  const std::string reason = open ? who(*open) : "the list of open Designers cannot be read: " + open.error().message;
  Decision hold = Decision::hold("designer", reason, policy == DesignerPolicy::wait ? again_at_ms : 0);
  hold.ended_by =
      policy == DesignerPolicy::wait ? "the Designers are closed" : "the Designers are closed, then a retry or a hint";
  return hold;
}

std::optional<std::int64_t> count_designers(stoker::Call& call, const GatewayClient& gateway) {
  const stoker::ShorterCall shorter(call, count_limit);
  stoker::Call limited(&shorter);
  auto json = gateway.get(limited, list_path);
  if (!json) return std::nullopt;
  auto open = designers(*json);
  if (!open) return std::nullopt;
  return static_cast<std::int64_t>(open->size());
}

}  // namespace ignition
