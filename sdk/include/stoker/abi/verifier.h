/* "stoker.verifier/1": what a gateway says before, around and after a change. [worker], may block.
 *
 * Every function but create and destroy may be null. A verifier keeps nothing between calls: what `verify` must know
 * from `lock` is in the ticket, which the host stores durably. */
#ifndef STOKER_ABI_VERIFIER_H
#define STOKER_ABI_VERIFIER_H

#include <stoker/abi/core.h>
#include <stoker/abi/strategy.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_VERIFIER_ID "stoker.verifier/1"

/* The host's view of a plan, for the call. [calling] */
typedef struct stoker_plan {
  uint32_t struct_size, reserved;
  uint64_t changes_count; /* 0: judge everything below the destinations of the assignment's mappings */
  stoker_str run, digest;
  stoker_status (*changes)(const struct stoker_plan*, stoker_change_sink);
  /* What a change would write, also while `changes` hands it over; STOKER_E_NOT_FOUND after `lock`: the content is live
   * by then. */
  stoker_status (*content)(const struct stoker_plan*, stoker_str path, stoker_byte_sink);
} stoker_plan;

typedef struct stoker_verifier stoker_verifier; /* the plugin's */
typedef struct stoker_verifier_v1 {
  STOKER_TABLE(stoker_verifier);
  /* Facts of the target, one document: {"state": "down"|"starting"|"commissioning"|"running"|"faulted", "role":
   * "independent"|"master"|"backup", "version", "started": <changes with each start>, "hold": {"name", "reason"}}; all
   * but state may be absent. down = connection refused and nothing else; what cannot be asked is an error. */
  stoker_status (*observe)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_text_sink facts);
  /* May this plan be applied: one allow, hold or refuse. */
  stoker_status (*admit)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                         stoker_decision_sink);
  /* The last look, the baseline, the target's own lock: one allow or hold. After hold or refuse nothing is locked;
   * after a failure the host calls `unlock`. The assignment's `looks` false: only lock (a recovery or a revert is on
   * its way). `baseline` in the assignment, if there, replaces what is bad now as the baseline. Ticket: at most 64 KiB.
   */
  stoker_status (*lock)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                        stoker_decision_sink, stoker_text_sink ticket);
  /* Makes the target load what is on disk, which gives the lock back, waits for the end of that, reads back, judges
   * against the ticket's baseline: one healthy, or unhealthy a thing that is bad and was not. STOKER_E_CONFLICT:
   * another actor has the lock; STOKER_E_UNREACHABLE: the target is down or starting: neither is a verdict. `detail`
   * (one document, may be absent) is what is bad now; it is the baseline of a later call whose ticket is empty. */
  stoker_status (*verify)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                          stoker_str ticket, stoker_decision_sink, stoker_text_sink detail);
  /* Gives the target's lock back if it is ours, leaves another actor's alone; never cancelled; may come twice, and
   * without a ticket after a crash. */
  stoker_status (*unlock)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_str ticket);
} stoker_verifier_v1;

#ifdef __cplusplus
}
#endif
#endif
