// STOKER_PLUGIN("plugin.json", Class...): the entry, the tables and the manifest note of a plugin; once, at namespace
// scope. Each class derives from one kind (stoker::Source, Trigger, Strategy, Verifier, Notifier) and is constructible
// from (const stoker::Config&, stoker::Host&). stoker_add_plugin defines STOKER_PLUGIN_ID and STOKER_PLUGIN_VERSION
// from the manifest.
#pragma once

#include <stoker/manifest_note.h>
#include <stoker/notifier.hpp>
#include <stoker/source.hpp>
#include <stoker/strategy.hpp>
#include <stoker/trigger.hpp>
#include <stoker/verifier.hpp>

namespace stoker::glue {

template <class... T>
const void* query(stoker_str id) noexcept {
  const void* found = nullptr;
  ((found = found ? found : table_of<T>(view(id))), ...);
  return found;
}
inline stoker_status opened(const stoker_host*, const stoker_call*) noexcept { return STOKER_OK; }
inline void closed() noexcept {}

}  // namespace stoker::glue

#define STOKER_PLUGIN(manifest, ...)                                                                                \
  STOKER_MANIFEST(manifest);                                                                                        \
  extern "C" const stoker_plugin stoker_plugin_entry = {sizeof(stoker_plugin),                                      \
                                                        STOKER_ABI_MAJOR,                                           \
                                                        STOKER_ABI_MINOR,                                           \
                                                        {STOKER_PLUGIN_ID, sizeof(STOKER_PLUGIN_ID) - 1},           \
                                                        {STOKER_PLUGIN_VERSION, sizeof(STOKER_PLUGIN_VERSION) - 1}, \
                                                        &stoker::glue::opened,                                      \
                                                        &stoker::glue::closed,                                      \
                                                        &stoker::glue::query<__VA_ARGS__>}
