// What a C++ author of a trigger writes. Contracts: stoker/abi/trigger.h.
#pragma once

#include <stoker/instance.hpp>

namespace stoker {

class Trigger {
 public:
  static constexpr std::string_view kind = STOKER_TRIGGER_ID;
  virtual ~Trigger() = default;
  virtual Result<void> watch(Call&, std::string_view syncs) = 0;  // also while a next is blocked: lock what both touch
  virtual Result<void> next(Call&, const Out<Hint>&) = 0;         // errc::timeout at the deadline
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
