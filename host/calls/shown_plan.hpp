// A plan as the host shows it to a verifier, for one call. The strategy is asked for content on the verifier's own
// thread, within its call.
#pragma once

#include "host/calls/shown_tree.hpp"
#include "host/calls/sinks.hpp"
#include "host/calls/verifier_instance.hpp"

namespace stoker::host {

class ShownPlan {
 public:
  // With the parts of a strategy its content can be asked for; `shown` and `state` outlive this.
  ShownPlan(const PlanShown& shown, const CallState& state, StrategyInstance::Parts strategy = {});
  const stoker_plan* raw() const { return guarded_.get(); }
  // The defect of the strategy or of its source, or of the verifier that asked.
  Result<void> defect() const;

 private:
  static stoker_status changes(const stoker_plan* p, stoker_change_sink out) noexcept;
  static stoker_status content(const stoker_plan* p, stoker_str path, stoker_byte_sink out) noexcept;
  static stoker_status list(const stoker_plan* p, stoker_str under, stoker_file_sink out) noexcept;
  static stoker_status read(const stoker_plan* p, stoker_str path, stoker_byte_sink out) noexcept;
  bool accepts(Result<void> request);
  stoker_status content_of(stoker_str path, stoker_byte_sink out);

  const PlanShown& shown_;
  const CallState& state_;
  const StrategyInstance::Parts strategy_;
  std::optional<ShownTree> tree_;  // of the revision, while it is open
  Result<void> kept_;
  Guarded<ShownPlan, stoker_plan> guarded_;
};

}  // namespace stoker::host
