#include "host/calls/strategy_instance.hpp"

#include "host/base/json_fields.hpp"

#include "host/calls/instance_calls.hpp"
#include "host/calls/shown_tree.hpp"

namespace stoker::host {

namespace {

CallLimits minutes(int count) { return CallLimits(std::chrono::minutes(count)); }

std::optional<Recovered::Did> did_of(std::string_view text) {
  if (text == "nothing") return Recovered::Did::nothing;
  if (text == "finished") return Recovered::Did::finished;
  if (text == "undone") return Recovered::Did::undone;
  return std::nullopt;
}

Result<void> read_state(Recovered& into, const std::string& text) {
  JsonDocument document(text);
  const JsonFields state = document.fields();
  if (state.text("did").empty()) state.wrong("did", "is missing");
  into.did = state.one_of("did", did_of, Recovered::Did::nothing);
  into.run = state.text("run");
  if (!state.is_null("base")) {  // null before the first apply
    const JsonFields base = state.object("base");
    into.base_revision = base.text("revision");
    into.base_inputs = base.text("inputs");
    into.base_vars = base.text("vars");
    into.base_run = base.text("run");
  }
  if (document.fault().found()) return misbehaving("the document of recover(): " + document.fault().text());
  return {};
}

}  // namespace

Async<Recovered> StrategyInstance::recover(std::string keep_run) {
  auto body = [me = parts(), keep_run = std::move(keep_run)](const CallState& state) -> Result<Recovered> {
    Recovered answer;
    auto changes = collect_into(answer.changes);
    auto notes = collect_into(answer.notes);
    TextSink text(STOKER_DOCUMENT_BYTES_MAX);
    const stoker_status status =
        me.table->recover(me.self, state.raw(), str(keep_run), changes.sink(), notes.sink(), text.sink());
    if (auto result = result_of(state, status, changes, notes, text); !result) return std::move(result).error();
    if (auto read = read_state(answer, text.text); !read) return std::move(read).error().in(state.what());
    return answer;
  };
  return call<Recovered>("recover", minutes(10), std::move(body));
}

Async<Planned> StrategyInstance::plan(CallLimits limits, std::string run, std::string assignment, OpenTree tree) {
  auto body = [me = parts(), run = std::move(run), assignment = std::move(assignment),
               tree = std::move(tree)](const CallState& state) -> Result<Planned> {
    Planned answer;
    std::vector<Decision> decisions;
    auto changes = collect_into(answer.changes);
    auto notes = collect_into(answer.notes);
    auto decided = collect_into(decisions);
    ShownTree shown(tree, state);
    const stoker_status status = me.table->plan(me.self, state.raw(), str(run), str(assignment), shown.raw(),
                                                changes.sink(), notes.sink(), decided.sink());
    if (auto result = result_of(state, status, shown, changes, notes, decided); !result)
      return shown.with_reason(std::move(result).error());
    if (decisions.size() != 1)
      return misbehaving("plan() gave " + std::to_string(decisions.size()) + " decisions, exactly one is needed")
          .in(state.what());
    if (decisions.front().verdict != Decision::Verdict::allow && decisions.front().verdict != Decision::Verdict::hold)
      return misbehaving("plan() gave a verdict that is neither allow nor hold").in(state.what());
    answer.run = run;
    answer.decision = std::move(decisions.front());
    answer.digest = answer.changes.digest();
    return answer;
  };
  return call<Planned>("plan", std::move(limits), std::move(body));
}

Async<void> StrategyInstance::adopt(std::string run) {
  auto body = [me = parts(), run = std::move(run)](const CallState& state) {
    return result_of(state, me.table->adopt(me.self, state.raw(), str(run)));
  };
  return call<void>("adopt", minutes(1), std::move(body));
}

Async<void> StrategyInstance::stage(CallLimits limits, std::string run, OpenTree tree) {
  auto body = [me = parts(), run = std::move(run), tree = std::move(tree)](const CallState& state) -> Result<void> {
    ShownTree shown(tree, state);
    const stoker_status status = me.table->stage(me.self, state.raw(), str(run), shown.raw());
    if (auto result = result_of(state, status, shown); !result) return shown.with_reason(std::move(result).error());
    return {};
  };
  return call<void>("stage", std::move(limits), std::move(body));
}

Async<std::vector<Note>> StrategyInstance::apply(std::string run) {
  auto body = [me = parts(), run = std::move(run)](const CallState& state) -> Result<std::vector<Note>> {
    std::vector<Note> kept;
    auto notes = collect_into(kept);
    const stoker_status status = me.table->apply(me.self, state.raw(), str(run), notes.sink());
    auto result = result_of(state, status, notes);
    // The files are renamed already. A bad note must not turn this apply into a failure, which nobody would revert.
    if (status == STOKER_OK) return kept;
    if (!result) return std::move(result).error();
    return kept;
  };
  return call<std::vector<Note>>("apply", minutes(10), std::move(body));
}

Async<PutBack> StrategyInstance::revert(std::string run) {
  auto body = [me = parts(), run = std::move(run)](const CallState& state) -> Result<PutBack> {
    PutBack answer;
    auto changes = collect_into(answer.changes);
    auto notes = collect_into(answer.notes);
    const stoker_status status = me.table->revert(me.self, state.raw(), str(run), changes.sink(), notes.sink());
    if (auto result = result_of(state, status, changes, notes); !result) return std::move(result).error();
    return answer;
  };
  return call<PutBack>("revert", minutes(10), std::move(body));
}

Async<void> StrategyInstance::forget(std::string run) {
  auto body = [me = parts(), run = std::move(run)](const CallState& state) {
    return result_of(state, me.table->forget(me.self, state.raw(), str(run)));
  };
  return call<void>("forget", minutes(2), std::move(body));
}

Async<Inspected> StrategyInstance::inspect(CallLimits limits, std::string run) {
  auto body = [me = parts(), run = std::move(run)](const CallState& state) -> Result<Inspected> {
    Inspected answer;
    auto changes = collect_into(answer.changes);
    auto notes = collect_into(answer.notes);
    const stoker_status status = me.table->inspect(me.self, state.raw(), str(run), changes.sink(), notes.sink());
    if (auto result = result_of(state, status, changes, notes); !result) return std::move(result).error();
    return answer;
  };
  return call<Inspected>("inspect", std::move(limits), std::move(body));
}

template class Instance<stoker_strategy_v1, stoker_strategy>;
template Async<std::unique_ptr<StrategyInstance>> make_instance<StrategyInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_strategy_v1*,
                                                                                  const stoker_host*, std::string);

}  // namespace stoker::host
