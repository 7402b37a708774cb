/* "stoker.trigger/1": what says "look now". A hint never chooses what is deployed. */
#ifndef STOKER_ABI_TRIGGER_H
#define STOKER_ABI_TRIGGER_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_TRIGGER_ID "stoker.trigger/1"

/* `sync` "" = all; `reason` ("poll", "webhook") is for people and labels; `delivery` identifies one event of the
 * outside, equal ones count once; `wish` is a ref, and only a wish. */
typedef struct stoker_hint {
  stoker_str sync, reason, delivery, wish;
} stoker_hint;
STOKER_SINK(hint, stoker_hint);

typedef struct stoker_trigger stoker_trigger; /* the plugin's */
typedef struct stoker_trigger_v1 {
  STOKER_TABLE(stoker_trigger);
  /* The Syncs that there are now, one document: [{"name", "repository", "ref", "polling": {"enabled", "interval"}}].
   * Comes before the first `next` and whenever they change, also while a `next` is blocked. [any] */
  stoker_status (*watch)(stoker_trigger*, const stoker_call*, stoker_str syncs);
  /* Waits for hints; STOKER_E_TIMEOUT at the deadline: none yet, it is called again. [worker] on a thread of its own.
   */
  stoker_status (*next)(stoker_trigger*, const stoker_call*, stoker_hint_sink);
} stoker_trigger_v1;

#ifdef __cplusplus
}
#endif
#endif
