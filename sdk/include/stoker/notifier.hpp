// SPDX-License-Identifier: Apache-2.0
// Notifier: the base class of a plugin that tells somebody outside how a Run ended.
//
// Concept. Each Run ends in a Report, a JSON document (docs/documents.md). The host queues Reports on disk for each
// notifier and hands them over one after the other. Reports with outcome "unchanged" or "superseded" are not handed
// over. A failure of a notifier never changes a Run. The C side of the contract is stoker/abi/notifier.h.
#pragma once

#include <stoker/abi/notifier.h>
#include <stoker/instance.hpp>

namespace stoker {

// One instance for each configured module, on a thread of its own. Calls come one at a time.
class Notifier {
 public:
  static constexpr std::string_view kind = STOKER_NOTIFIER_ID;
  virtual ~Notifier() = default;

  // Delivers one Report. Blocks until the receiver has it. Deadline 30 s; cancelled at shutdown: return
  // errc::cancelled, the Report stays queued for the next start. `key` and `report` are valid until the function
  // returns.
  //
  // The host delivers at least once: after a failure or a restart the same Report comes again with the same `key`. Hand
  // the key to the receiver, so that it can drop a repeat. Equal keys mean the same Run, outcome and verdict, and
  // the same reason of a hold or a failure; a Run that is held, taken up again and held again for another reason has
  // another key.
  //
  // Success: the Report is delivered, or this notifier does not want it. The host hands over the next one.
  // An Error with `retryable`: the host tries again after 2, 4, 8 ... 256 s, or after `retry_after` if that is longer
  // (a day at most). Another Error, or 24 hours of tries: the host puts this Report aside and says so.
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
