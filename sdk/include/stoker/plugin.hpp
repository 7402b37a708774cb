// SPDX-License-Identifier: Apache-2.0
// STOKER_PLUGIN("plugin.json", Class...): makes a plugin of one or more classes. Include this header in one file of the
// plugin and write the macro once, at namespace scope.
//
// Concept. A plugin is a shared library that offers one or more kinds: source, trigger, strategy, verifier, notifier.
// An author writes one class for each kind. The class derives from stoker::Source, Trigger, Strategy, Verifier or
// Notifier and has a constructor that takes (const stoker::Config&, stoker::Host&). The macro defines the exported
// symbol, the C tables that call the class, and the note with the manifest. Each kind in the manifest needs its class
// and the other way round, else the host does not load the library.
//
// Build the plugin with the CMake function stoker_add_plugin: it defines STOKER_PLUGIN_ID and STOKER_PLUGIN_VERSION
// from the manifest. docs/plugin-authors.md tells when the host calls what.
#pragma once

#include <stoker/manifest_note.h>
#include <stoker/notifier.hpp>
#include <stoker/source.hpp>
#include <stoker/strategy.hpp>
#include <stoker/trigger.hpp>
#include <stoker/verifier.hpp>

namespace stoker::glue {

// The table of the first class that has this kind, or null.
template <class... T>
const void* query(stoker_str id) noexcept {
  const void* found = nullptr;
  ((found = found ? found : table_of<T>(view(id))), ...);
  return found;
}
// A C++ plugin needs no work before its first and after its last instance.
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
