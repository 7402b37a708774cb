// SPDX-License-Identifier: Apache-2.0
// Trigger: the base class of a plugin that tells the host when to look at a source.
//
// Concept. A trigger produces hints. A hint says "look at this Sync now". The host then asks the source what the Sync's
// ref means; the hint never chooses what is deployed. The C side of the contract is stoker/abi/trigger.h.
#pragma once

#include <stoker/instance.hpp>

namespace stoker {

// One instance for each configured module; it serves all Syncs. Its calls run on threads of its own.
class Trigger {
 public:
  static constexpr std::string_view kind = STOKER_TRIGGER_ID;
  virtual ~Trigger() = default;

  // Takes the list of all Syncs, a JSON array: [{"name", "repository", "ref", "polling": {"enabled", "interval"}}],
  // with a duration such as "60000ms" for "interval", if the Sync says one. The host calls it before the first `next`
  // and after each change of the list. It may run while `next` waits, also for a serial plugin: protect what both use
  // by a mutex. Deadline 30 s, never cancelled. `syncs` is valid until the function returns. An Error is logged; the
  // list comes again after the next `next`.
  virtual Result<void> watch(Call&, std::string_view syncs) = 0;

  // Waits for events, puts one Hint for each, and returns success. Deadline 60 s: return errc::timeout when nothing has
  // come; this is no failure. The host calls it again at once, but at most ten times a second when it does not wait.
  // Cancelled at shutdown: return errc::cancelled.
  //
  // Another Error: the host drops the hints of this call, logs a warning, and calls again after 1, 2, 4 ... 64 s,
  // or after `retry_after`. The host ignores a hint for an unknown Sync, which it says once, and a `delivery` that it
  // has seen (it remembers 1,000).
  virtual Result<void> next(Call&, const Out<Hint>&) = 0;
};

namespace glue {

template <class T>
const stoker_trigger_v1* trigger_table() {
  static const stoker_trigger_v1 table = {
      sizeof(stoker_trigger_v1),
      0,
      &create<T, stoker_trigger>,
      &destroy<T, stoker_trigger>,
      [](stoker_trigger* self, const stoker_call* call, stoker_str syncs) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).watch(c, view(syncs));
        });
      },
      [](stoker_trigger* self, const stoker_call* call, stoker_hint_sink hints) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).next(c, Out<Hint>(hints));
        });
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Trigger>
const void* table_of(std::string_view id) { return id == Trigger::kind ? trigger_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
