#include "host/calls/platform_instance.hpp"

#include "host/calls/instance_calls.hpp"

namespace stoker::host {

namespace {
stoker_query raw(const ObjectQuery& query) { return {str(query.resource), str(query.name_space), str(query.labels)}; }
}  // namespace

// A call that answers with exactly one object.
Async<Object> PlatformInstance::one(std::string verb, CallLimits limits, Ask ask) {
  auto body = [me = parts(), ask = std::move(ask)](const CallState& state) -> Result<Object> {
    std::vector<Object> objects;
    auto sink = collect_into(objects);
    const stoker_status status = ask(me, state.raw(), sink.sink());
    if (auto result = result_of(state, status, sink); !result) return std::move(result).error();
    if (objects.size() != 1)
      return misbehaving("it gave " + std::to_string(objects.size()) + " objects instead of one").in(state.what());
    return std::move(objects.front());
  };
  return call<Object>(std::move(verb), std::move(limits), std::move(body));
}

Async<Object> PlatformInstance::get(CallLimits limits, ObjectKey key) {
  return one("get", std::move(limits),
             [key = std::move(key)](const Parts& me, const stoker_call* call, stoker_object_sink out) {
               const stoker_key record = to_record(key);
               return me.table->get(me.self, call, &record, out);
             });
}

Async<ListedObjects> PlatformInstance::list(CallLimits limits, ObjectQuery query) {
  auto body = [me = parts(), query = std::move(query)](const CallState& state) -> Result<ListedObjects> {
    ListedObjects listed;
    auto objects = collect_into(listed.objects);
    const stoker_query record = raw(query);
    const stoker_status status = me.table->list(me.self, state.raw(), &record, objects.sink(), &listed.version);
    if (auto result = result_of(state, status, objects); !result) return std::move(result).error();
    return listed;
  };
  return call<ListedObjects>("list", std::move(limits), std::move(body));
}

Async<Object> PlatformInstance::insert(CallLimits limits, std::string resource, std::string document, std::string by) {
  return one("insert", std::move(limits),
             [resource = std::move(resource), document = std::move(document), by = std::move(by)](
                 const Parts& me, const stoker_call* call, stoker_object_sink out) {
               return me.table->insert(me.self, call, str(resource), str(document), str(by), out);
             });
}

Async<Object> PlatformInstance::update(CallLimits limits, std::string resource, Part part, std::string document,
                                       std::string by) {
  return one("update", std::move(limits),
             [resource = std::move(resource), part, document = std::move(document), by = std::move(by)](
                 const Parts& me, const stoker_call* call, stoker_object_sink out) {
               return me.table->update(me.self, call, str(resource), std::uint32_t(part), str(document), str(by), out);
             });
}

Async<Object> PlatformInstance::patch(CallLimits limits, ObjectKey key, Part part, std::string patch, std::string by) {
  return one("patch", std::move(limits),
             [key = std::move(key), part, patch = std::move(patch), by = std::move(by)](
                 const Parts& me, const stoker_call* call, stoker_object_sink out) {
               const stoker_key record = to_record(key);
               return me.table->patch(me.self, call, &record, std::uint32_t(part), str(patch), str(by), out);
             });
}

Async<Object> PlatformInstance::remove(CallLimits limits, ObjectKey key, std::string uid, std::uint64_t version,
                                       std::string by) {
  return one("remove", std::move(limits),
             [key = std::move(key), uid = std::move(uid), version, by = std::move(by)](
                 const Parts& me, const stoker_call* call, stoker_object_sink out) {
               const stoker_key record = to_record(key);
               return me.table->remove(me.self, call, &record, str(uid), version, str(by), out);
             });
}

Async<std::uint64_t> PlatformInstance::watch(CallLimits limits, ObjectQuery query, std::uint64_t from) {
  auto body = [me = parts(), query = std::move(query), from](const CallState& state) -> Result<std::uint64_t> {
    const stoker_query record = raw(query);
    std::uint64_t number = 0;
    const stoker_status status = me.table->watch(me.self, state.raw(), &record, from, &number);
    if (auto result = result_of(state, status); !result) return std::move(result).error();
    return number;
  };
  return call<std::uint64_t>("watch", std::move(limits), std::move(body));
}

void PlatformInstance::unwatch(std::uint64_t number) {
  if (!parts().core->written_off.load()) parts().table->unwatch(parts().self, number);
}

Async<std::vector<ObjectEvent>> PlatformInstance::next(Workers& own, CallLimits limits) {
  Body<std::vector<ObjectEvent>> body = [me = parts()](const CallState& state) -> Result<std::vector<ObjectEvent>> {
    std::vector<ObjectEvent> kept;
    auto events = collect_into(kept);
    const stoker_status status = me.table->next(me.self, state.raw(), events.sink());
    auto result = result_of(state, status == STOKER_E_TIMEOUT ? STOKER_OK : status, events);
    if (!result) return std::move(result).error();
    return kept;
  };
  return guarded_call<std::vector<ObjectEvent>>(own, parts().core, "next", std::move(limits), std::move(body));
}

template class Instance<stoker_platform_v1, stoker_platform>;
template Async<std::unique_ptr<PlatformInstance>> make_instance<PlatformInstance>(Workers&,
                                                                                  std::shared_ptr<InstanceCore>,
                                                                                  const stoker_platform_v1*,
                                                                                  const stoker_host*, std::string);

}  // namespace stoker::host
