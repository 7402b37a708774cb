#include "host/calls/notifier_instance.hpp"

#include "host/calls/instance_calls.hpp"

namespace stoker::host {

Async<void> NotifierInstance::notify(CallLimits limits, std::string key, std::string report) {
  auto body = [me = parts(), key = std::move(key), report = std::move(report)](const CallState& state) {
    return result_of(state, me.table->notify(me.self, state.raw(), str(key), str(report)));
  };
  return call<void>("notify", std::move(limits), std::move(body));
}

template class Instance<stoker_notifier_v1, stoker_notifier>;
template Async<std::unique_ptr<NotifierInstance>> make_instance<NotifierInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_notifier_v1*,
                                                                                  const stoker_host*, std::string);

}  // namespace stoker::host
