#include "host/calls/trigger_instance.hpp"

#include "host/calls/instance_calls.hpp"

namespace stoker::host {

Async<void> TriggerInstance::watch(std::string syncs) {
  auto body = [me = parts(), syncs = std::move(syncs)](const CallState& state) {
    return result_of(state, me.table->watch(me.self, state.raw(), str(syncs)));
  };
  // The contract allows watch while next blocks, so it does not wait for its turn.
  CallLimits limits;
  return workers().call<void>(module_name() + ": watch", std::move(limits), std::move(body));
}

Async<std::vector<Hint>> TriggerInstance::next(CallLimits limits) {
  auto body = [me = parts()](const CallState& state) -> Result<std::vector<Hint>> {
    std::vector<Hint> kept;
    auto hints = collect_into(kept);
    const stoker_status status = me.table->next(me.self, state.raw(), hints.sink());
    auto result = result_of(state, status == STOKER_E_TIMEOUT ? STOKER_OK : status, hints);
    if (!result) return std::move(result).error();
    return kept;
  };
  return call<std::vector<Hint>>("next", std::move(limits), std::move(body));
}

template class Instance<stoker_trigger_v1, stoker_trigger>;
template Async<std::unique_ptr<TriggerInstance>> make_instance<TriggerInstance>(Workers&, std::shared_ptr<InstanceCore>,
                                                                                const stoker_trigger_v1*,
                                                                                const stoker_host*, std::string);

}  // namespace stoker::host
