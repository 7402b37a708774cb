// SPDX-License-Identifier: Apache-2.0
// STOKER_PLUGIN("plugin.json", Class...): makes a plugin of one or more classes. Include this header in one file of the
// plugin and write the macro once, at namespace scope.
//
// Concept. A plugin is a shared library that offers one or more kinds: source, trigger, strategy, verifier, notifier,
// platform.
// An author writes one class for each kind. The class derives from stoker::Source, Trigger, Strategy, Verifier,
// Notifier or Platform and has a constructor that takes (const stoker::Config&, stoker::Host&). The macro defines the
// exported symbol, the C tables that call the class, and the note with the manifest. Each kind in the manifest needs
// its class and the other way round, else the plugin does not compile.
//
// Build the plugin with the CMake function stoker_add_plugin. It takes STOKER_PLUGIN_ID and STOKER_PLUGIN_VERSION from
// the manifest, and STOKER_PLUGIN_KINDS and STOKER_PLUGIN_ABI, which the macro compares with the classes and the SDK.
// docs/plugin-authors.md tells when the host calls what.
#pragma once

#include <stoker/manifest_note.h>
#include <stoker/notifier.hpp>
#include <stoker/platform.hpp>
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

// Do the classes offer `kind` exactly when `kinds`, which are separated by blanks, name it? "*" fits all classes.
template <class Kind, class... T>
consteval bool named(std::string_view kinds) {
  bool found = kinds == "*";
  const bool offered = (std::derived_from<T, Kind> || ...);
  if (found) return true;
  while (!kinds.empty() && !found) {
    const std::size_t end = std::min(kinds.find(' '), kinds.size());
    found = kinds.substr(0, end) == Kind::kind;
    kinds.remove_prefix(std::min(end + 1, kinds.size()));
  }
  return found == offered;
}
// Is the version in the manifest ("0.2") that of this SDK? "*" fits each.
consteval bool this_abi(std::string_view version) {
  const std::size_t point = version.find('.');
  if (point == std::string_view::npos) return version == "*";
  const auto number = [](std::string_view digits) {
    unsigned value = 0;
    for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
    return value;
  };
  return number(version.substr(0, point)) == STOKER_ABI_MAJOR && number(version.substr(point + 1)) == STOKER_ABI_MINOR;
}

}  // namespace stoker::glue

// For a build without stoker_add_plugin: nothing is compared.
#ifndef STOKER_PLUGIN_KINDS
#define STOKER_PLUGIN_KINDS "*"
#endif
#ifndef STOKER_PLUGIN_ABI
#define STOKER_PLUGIN_ABI "*"
#endif
#define STOKER_PLUGIN_KIND_NAMED(kind, text, ...)                            \
  static_assert(stoker::glue::named<kind, __VA_ARGS__>(STOKER_PLUGIN_KINDS), \
                "name " text " in `kinds` of the manifest if and only if a class in STOKER_PLUGIN() is a " #kind)

#define STOKER_PLUGIN(manifest, ...)                                                                                \
  STOKER_MANIFEST(manifest);                                                                                        \
  static_assert(stoker::glue::this_abi(STOKER_PLUGIN_ABI), "`abi` of the manifest is not the version of this SDK"); \
  STOKER_PLUGIN_KIND_NAMED(stoker::Source, STOKER_SOURCE_ID, __VA_ARGS__);                                          \
  STOKER_PLUGIN_KIND_NAMED(stoker::Trigger, STOKER_TRIGGER_ID, __VA_ARGS__);                                        \
  STOKER_PLUGIN_KIND_NAMED(stoker::Strategy, STOKER_STRATEGY_ID, __VA_ARGS__);                                      \
  STOKER_PLUGIN_KIND_NAMED(stoker::Verifier, STOKER_VERIFIER_ID, __VA_ARGS__);                                      \
  STOKER_PLUGIN_KIND_NAMED(stoker::Notifier, STOKER_NOTIFIER_ID, __VA_ARGS__);                                      \
  STOKER_PLUGIN_KIND_NAMED(stoker::Platform, STOKER_PLATFORM_ID, __VA_ARGS__);                                      \
  extern "C" const stoker_plugin stoker_plugin_entry = {sizeof(stoker_plugin),                                      \
                                                        STOKER_ABI_MAJOR,                                           \
                                                        STOKER_ABI_MINOR,                                           \
                                                        {STOKER_PLUGIN_ID, sizeof(STOKER_PLUGIN_ID) - 1},           \
                                                        {STOKER_PLUGIN_VERSION, sizeof(STOKER_PLUGIN_VERSION) - 1}, \
                                                        &stoker::glue::opened,                                      \
                                                        &stoker::glue::closed,                                      \
                                                        &stoker::glue::query<__VA_ARGS__>}
