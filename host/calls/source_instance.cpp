#include "host/calls/source_instance.hpp"

#include "host/calls/instance_calls.hpp"

namespace stoker::host {

Async<Resolution> SourceInstance::resolve(CallLimits limits, std::vector<std::string> refs) {
  auto body = [me = parts(), refs = std::move(refs)](const CallState& state) -> Result<Resolution> {
    Resolution answer;
    std::vector<stoker_str> wanted;
    for (const std::string& ref : refs) wanted.push_back(str(ref));
    auto resolved = collect_into(answer.refs);
    auto notes = collect_into(answer.notes);
    const stoker_status status =
        me.table->resolve(me.self, state.raw(), wanted.data(), wanted.size(), resolved.sink(), notes.sink());
    if (auto result = result_of(state, status, resolved, notes); !result) return std::move(result).error();
    if (answer.refs.size() != refs.size())
      return misbehaving("resolve() gave " + std::to_string(answer.refs.size()) + " answers for " +
                         std::to_string(refs.size()) + " refs")
          .in(state.what());
    return answer;
  };
  return call<Resolution>("resolve", std::move(limits), std::move(body));
}

Async<OpenTree> SourceInstance::open(CallLimits limits, std::string revision) {
  auto body = [me = parts(), revision = std::move(revision)](const CallState& state) -> Result<OpenTree> {
    stoker_tree* tree = nullptr;
    const stoker_status status = me.table->open(me.self, state.raw(), str(revision), &tree);
    if (auto result = result_of(state, status); !result) return std::move(result).error();
    if (!tree) return misbehaving("open() returned success but no tree").in(state.what());
    return OpenTree(std::make_shared<OpenTree::Core>(OpenTree::Core{me.core, me.table, tree, revision}));
  };
  return call<OpenTree>("open", std::move(limits), std::move(body));
}

Async<void> SourceInstance::close(OpenTree tree) {
  auto body = [core = tree.core()](const CallState&) -> Result<void> {
    core->table->close(core->tree);
    return {};
  };
  CallLimits limits;
  return call<void>("close", std::move(limits), std::move(body));
}

template class Instance<stoker_source_v1, stoker_source>;
template Async<std::unique_ptr<SourceInstance>> make_instance<SourceInstance>(Workers&, std::shared_ptr<InstanceCore>,
                                                                              const stoker_source_v1*,
                                                                              const stoker_host*, std::string);

}  // namespace stoker::host
