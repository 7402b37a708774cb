// The table of the built strategy-merge, loaded once and without the host.
#pragma once

#include <stoker/abi/strategy.h>
#include <stoker/records.hpp>

#include <dlfcn.h>

#include <stdexcept>

namespace stoker::testing {

inline const stoker_strategy_v1& built_strategy() {
  static const stoker_strategy_v1* table = [] {
    void* library = dlopen(STOKER_PLUGIN_DIR "/strategy-merge.so", RTLD_NOW | RTLD_LOCAL);
    if (!library) throw std::runtime_error(dlerror());
    const auto* entry = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    return static_cast<const stoker_strategy_v1*>(entry->query(str(STOKER_STRATEGY_ID)));
  }();
  return *table;
}

}  // namespace stoker::testing
