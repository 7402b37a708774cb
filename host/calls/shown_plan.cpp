#include "host/calls/shown_plan.hpp"

namespace stoker::host {

ShownPlan::ShownPlan(const PlanShown& shown, const CallState& state, StrategyInstance::Parts strategy)
    : shown_(shown), state_(state), strategy_(std::move(strategy)), guarded_(*this) {
  guarded_->struct_size = sizeof(stoker_plan);
  guarded_->changes_count = shown.plan->changes.size();
  guarded_->run = str(shown.plan->run);
  guarded_->digest = str(shown.plan->digest);
  guarded_->changes = &ShownPlan::changes;
  guarded_->content = &ShownPlan::content;
  guarded_->list = &ShownPlan::list;
  guarded_->read = &ShownPlan::read;
  if (shown.tree.core()) tree_.emplace(shown.tree, state);
}

Result<void> ShownPlan::defect() const {
  if (!kept_) return kept_;
  if (tree_)
    if (auto defect = tree_->defect(); !defect) return defect;
  return guarded_.defect();
}

stoker_status ShownPlan::list(const stoker_plan* p, stoker_str under, stoker_file_sink out) noexcept {
  ShownPlan* self = Guarded<ShownPlan, stoker_plan>::admitted(p);
  if (!self) return STOKER_E_INTERNAL;
  return self->tree_ ? self->tree_->raw()->list(self->tree_->raw(), under, out) : STOKER_E_NOT_FOUND;
}

stoker_status ShownPlan::read(const stoker_plan* p, stoker_str path, stoker_byte_sink out) noexcept {
  ShownPlan* self = Guarded<ShownPlan, stoker_plan>::admitted(p);
  if (!self) return STOKER_E_INTERNAL;
  return self->tree_ ? self->tree_->raw()->read(self->tree_->raw(), path, out) : STOKER_E_NOT_FOUND;
}

stoker_status ShownPlan::changes(const stoker_plan* p, stoker_change_sink out) noexcept {
  ShownPlan* self = Guarded<ShownPlan, stoker_plan>::admitted(p);
  if (!self) return STOKER_E_INTERNAL;
  if (!self->accepts(out.put ? Result<void>() : misbehaving("it asked with a sink that has no put function")))
    return STOKER_E_INVALID;
  for (const Change& change : self->shown_.plan->changes) {
    const stoker_change record = to_record(change);
    if (const stoker_status status = out.put(out.to, &record, 1)) return status;
  }
  return STOKER_OK;
}

stoker_status ShownPlan::content(const stoker_plan* p, stoker_str path, stoker_byte_sink out) noexcept {
  ShownPlan* self = Guarded<ShownPlan, stoker_plan>::admitted(p);
  if (!self) return STOKER_E_INTERNAL;
  if (!self->accepts(check_request(path, false, out.put))) return STOKER_E_INVALID;
  if (!self->strategy_.table || !self->shown_.tree.core()) return STOKER_E_NOT_FOUND;
  return self->content_of(path, out);
}

bool ShownPlan::accepts(Result<void> request) {
  const bool fine = bool(request);
  if (kept_ && !fine) kept_ = std::move(request);
  return fine;
}

stoker_status ShownPlan::content_of(stoker_str path, stoker_byte_sink out) {
  const std::string who = strategy_.core->module + ": content";
  Turn turn(strategy_.core);
  if (auto taken = turn.take(state_, who); !taken) return status_of(taken.error().kind);
  ShownTree tree(shown_.tree, state_);
  ByteSink bytes(out);
  const stoker_status status =
      strategy_.table->content(strategy_.self, state_.raw(), str(shown_.plan->run), tree.raw(), path, bytes.sink());
  keep_defect(kept_, tree, who);
  keep_defect(kept_, bytes, who);
  const Result<void> defect = bytes.defect();
  return !defect ? status_of(defect.error().kind) : status;
}

}  // namespace stoker::host
