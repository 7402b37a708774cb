// What a C++ author of a notifier writes. Contracts: stoker/abi/notifier.h.
#pragma once

#include <stoker/abi/notifier.h>
#include <stoker/instance.hpp>

namespace stoker {

class Notifier {
 public:
  static constexpr std::string_view kind = STOKER_NOTIFIER_ID;
  virtual ~Notifier() = default;
  virtual Result<void> notify(Call&, std::string_view key, std::string_view report) = 0;
};

namespace glue {

template <class T>
const stoker_notifier_v1* notifier_table() {
  static const stoker_notifier_v1 table = {
      sizeof(stoker_notifier_v1), 0, &create<T, stoker_notifier>, &destroy<T, stoker_notifier>,
      [](stoker_notifier* self, const stoker_call* call, stoker_str key, stoker_str report) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).notify(c, view(key), view(report));
        });
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Notifier>
const void* table_of(std::string_view id) { return id == Notifier::kind ? notifier_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
