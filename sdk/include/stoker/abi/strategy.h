/* "stoker.strategy/1": how a target's files are changed. One instance a target; [worker], may block, serial.
 *
 * It keeps what it needs (inventory, journal, staged files, undo data) in `.stoker/` beside the tree. Recovery and
 * revert work from that alone: with the source, the control plane and every other plugin away. A Run is named by the
 * host; the functions of one Run are called in the order plan, stage, apply, [revert], forget, possibly in different
 * processes from `stage` on (`plan` is then called again first and a plan with the same digest may use what was
 * staged). */
#ifndef STOKER_ABI_STRATEGY_H
#define STOKER_ABI_STRATEGY_H

#include <stoker/abi/core.h>
#include <stoker/abi/source.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_STRATEGY_ID "stoker.strategy/1"

#define STOKER_CHANGE_ADD 1
#define STOKER_CHANGE_REPLACE 2
#define STOKER_CHANGE_REMOVE 3
#define STOKER_CHANGE_CHMOD 4
/* One change of one live path. `path` is live, from the data root; `origin` is the path in the source; `blob` names its
 * bytes there; `before` is the SHA-256 (hex) of what is live, empty for add; `after` is the SHA-256 of what will be
 * there if it is rendered, empty for a plain copy (`blob` says what it is). `mapping` is the index in the profile. */
typedef struct stoker_change {
  stoker_str path, origin, blob, before, after;
  uint64_t bytes;
  uint32_t op, mode, mapping, reserved;
} stoker_change;
STOKER_SINK(change, stoker_change);

/* A tree, as the host shows it to a strategy. Valid for the call. [calling] */
typedef struct stoker_view {
  uint32_t struct_size, reserved;
  stoker_str revision;
  stoker_status (*list)(const struct stoker_view*, stoker_str under, stoker_file_sink);
  stoker_status (*read)(const struct stoker_view*, stoker_str path, stoker_byte_sink);
  /* STOKER_E_NOT_FOUND: not known, list all. */
  stoker_status (*since)(const struct stoker_view*, stoker_str revision, stoker_delta_sink);
} stoker_view;

typedef struct stoker_strategy stoker_strategy; /* the plugin's */
typedef struct stoker_strategy_v1 {
  STOKER_TABLE(stoker_strategy);
  /* Finishes or undoes what a dead process left, from the journal alone; never cancelled; does nothing when nothing is
   * open. Staged files are removed but those of run `keep`. Says the paths it changed. `state` gets one document:
   * {"format": 1, "base": {"revision", "inputs", "vars", "run"} or null, "did": "nothing"|"finished"|"undone",
   *  "run": "..."}. A journal that says undo is undone, never finished. */
  stoker_status (*recover)(stoker_strategy*, const stoker_call*, stoker_str keep, stoker_change_sink, stoker_note_sink,
                           stoker_text_sink state);
  /* What would have to change, sorted in the order in which it will be done; writes nothing. Its own decision (allow,
   * or hold `mass-delete`) goes into the decision sink: exactly one. The plan is kept in memory for `content`, `stage`,
   * `adopt` and `apply` of the same run. */
  stoker_status (*plan)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_str assignment, const stoker_view*,
                        stoker_change_sink, stoker_note_sink, stoker_decision_sink);
  /* What a planned change would write to `path`: copied, rendered, patched. STOKER_E_NOT_FOUND for a remove. */
  stoker_status (*content)(stoker_strategy*, const stoker_call*, stoker_str run, const stoker_view*, stoker_str path,
                           stoker_byte_sink);
  /* A plan without changes may still take over files that are as wanted already, or let go of some: this makes the
   * inventory say so. Writes nothing when there is nothing of the kind. */
  stoker_status (*adopt)(stoker_strategy*, const stoker_call*, stoker_str run);
  /* Everything slow: copies beside, renders, syncs, checks space. Nothing live is touched. */
  stoker_status (*stage)(stoker_strategy*, const stoker_call*, stoker_str run, const stoker_view*);
  /* The renames; never cancelled. STOKER_E_CONFLICT: a live file is not what the plan saw, nothing was done. After any
   * other failure the journal says undo and `revert` of this run is due. */
  stoker_status (*apply)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_note_sink);
  /* Puts back what run replaced, from its journal or undo data alone; never cancelled. Says what it put back. A run
   * that is reverted already, or never applied: ok and no record. */
  stoker_status (*revert)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_change_sink, stoker_note_sink);
  /* The run was verified: undo data up to and with it go. It was not applied: its staged files go. Unknown: ok. */
  stoker_status (*forget)(stoker_strategy*, const stoker_call*, stoker_str run);
} stoker_strategy_v1;

#ifdef __cplusplus
}
#endif
#endif
