/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.trigger/1": tells the host when to look at a source again.
 *
 * Concept. A trigger produces hints. A hint says "look at this Sync now" and nothing else: the host then asks the
 * source what the Sync's ref means. So a wrong or forged hint costs one look and can never choose what is deployed.
 *
 * Instances. One instance for each configured module. It serves all Syncs. Its calls run on threads of its own, so a
 * waiting trigger takes no worker from the Runs. */
#ifndef STOKER_ABI_TRIGGER_H
#define STOKER_ABI_TRIGGER_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_TRIGGER_ID "stoker.trigger/1"

/* `sync`: the name of a Sync; empty means all. The host ignores a hint for a name that it does not know. `reason`: a
 * short word for people and labels ("poll", "push"). `delivery`: identifies one event of the outside, so that a
 * repeated delivery of it counts once; may be empty; the host remembers the last 1,000. `wish`: a ref; this version of
 * the host ignores it. At most 256 bytes each, `wish` 1 KiB. `urgent`: 1: something happened outside, so the host looks
 * at once, even while it waits after a failure; 0: a timer produced the hint, and a wait after a failure goes on. */
typedef struct stoker_hint {
  stoker_str sync, reason, delivery, wish;
  uint32_t urgent, reserved;
} stoker_hint;
STOKER_SINK(hint, stoker_hint); /* at most 10,000 hints in one call */

typedef struct stoker_trigger stoker_trigger; /* an instance; defined by the plugin */
typedef struct stoker_trigger_v1 {
  STOKER_TABLE(stoker_trigger);
  /* Hands over the list of all Syncs, one document: [{"name", "repository", "ref", "polling": {"enabled",
   * "interval"}}]; "interval" is a duration such as "60000ms", absent when the Sync says none. The host calls it before
   * the first `next` and after each change of the list. It may run while `next` waits, also when the manifest says
   * "serial": protect what both use. [worker], deadline 30 s, never cancelled. After an error the host logs a warning
   * and calls `watch` again after the next `next`. */
  stoker_status (*watch)(stoker_trigger*, const stoker_call*, stoker_str syncs);
  /* Waits for events and writes one hint for each, then returns STOKER_OK. Returns STOKER_E_TIMEOUT when the deadline
   * passes without an event; this is no failure. The host calls `next` again at once in both cases; one that does
   * not wait is called ten times a second. [worker], deadline 60 s, cancelled at shutdown. After any other error
   * the host drops the hints of this call, logs a warning, and calls again after 1, 2, 4 ... 64 s or retry_after_ms. */
  stoker_status (*next)(stoker_trigger*, const stoker_call*, stoker_hint_sink);
} stoker_trigger_v1;

#ifdef __cplusplus
}
#endif
#endif
