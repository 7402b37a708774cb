// The members of Instance, for the .cpp files of the kinds: each instantiates them for its own table, once.
#pragma once

#include "host/calls/guarded_call.hpp"
#include "host/calls/sinks.hpp"

namespace stoker::host {

template <class Table, class Handle>
template <class T>
Async<T> Instance<Table, Handle>::call(std::string verb, CallLimits limits, Body<T> body) const {
  return guarded_call<T>(workers_, parts_.core, std::move(verb), std::move(limits), std::move(body));
}

template <class Table, class Handle>
Async<void> Instance<Table, Handle>::end() {
  Body<void> body = [me = parts_](const CallState&) -> Result<void> {
    me.table->destroy(me.self);
    if (me.core->close_library) me.core->close_library();
    return {};
  };
  return call<void>("destroy", CallLimits(std::chrono::seconds(10)), std::move(body));
}

// Calls the plugin's `close`, to match its `open`, when `create` was not called because no thread was free.
inline Async<void> close_uncreated(Workers& workers, std::shared_ptr<InstanceCore> core) {
  std::function<Result<void>(const CallState&)> body = [core](const CallState&) {
    if (core->close_library) core->close_library();
    return Result<void>();
  };
  return workers.call<void>(core->module + ": close", CallLimits(), std::move(body));
}

template <class T>
Async<std::unique_ptr<T>> make_instance(Workers& workers, std::shared_ptr<InstanceCore> core,
                                        const typename T::Table* table, const stoker_host* face, std::string config) {
  using Handle = typename T::Handle;
  std::function<Result<Handle*>(const CallState&)> body =
      [core, table, face, config = std::move(config)](const CallState& state) -> Result<Handle*> {
    Handle* self = nullptr;
    const stoker_status status = table->create(face, state.raw(), str(config), &self);
    Result<void> result = result_of(state, status);
    if (result && !self) result = misbehaving("create() returned success but no instance").in(state.what());
    if (result) return self;
    if (core->close_library) core->close_library();
    return std::move(result).error();
  };
  const CallLimits limits(std::chrono::seconds(30));
  auto self = co_await guarded_call<Handle*>(workers, core, "create", limits, std::move(body));
  if (!self) {
    if (fault_of(self.error()) == CallFault::busy) co_await close_uncreated(workers, core);
    co_return std::move(self).error();
  }
  typename T::Parts parts{std::move(core), table, *self};
  co_return std::make_unique<T>(workers, std::move(parts));
}

}  // namespace stoker::host
