/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.strategy/1": changes the files of one target.
 *
 * Concept. A target is the data folder of one gateway. A plan is the ordered list of changes that bring the target to a
 * revision. A plan is a value: the host shows it to verifiers, puts it into a Report, or drops it; to make it touches
 * nothing. A Run is one pass over a target; the host gives it a name. A view is a source's tree as the host shows it to
 * the strategy. An inventory is the list of files that the strategy wrote and still owns; it may remove no other file.
 * A journal records on disk what `apply` is about to do, so that another process can finish it or undo it.
 *
 * State. The strategy keeps inventory, journal, staged files and undo data in the folder `use.folder` (".stoker") below
 * the target's data folder. `recover` and `revert` work from these files only: the process that wrote them may be dead,
 * and the source, other plugins and the network may be away.
 *
 * Order. First `recover`, once in each process, and again while a Run is not finished. Then for each Run: `plan`,
 * [`content`], then either `adopt` (the plan has no changes) or `stage`, `apply`, [`revert`]; and `forget`. A dry run
 * calls `plan` and `content` only, also when a journal is open. Between `stage` and `apply` the process may end or a
 * hold may pass: then `plan` runs again first, with the same Run name. If the new plan has the same digest, the host
 * skips `stage` and `apply` uses the files that were staged before. The host makes the digest from path, op, mode,
 * mapping and content (`after`, or else `blob`) of all changes, in their order.
 *
 * Instances and threads. One instance for each target. All functions are [worker] and may block. They run one at a
 * time, and `content` runs while no other function of the instance runs. */
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
/* One change of one live file. `path` is the live path, relative to the data folder; rules as for stoker_file.path.
 * `origin` is the path in the source, or empty; `blob` names its bytes there (at most 256 bytes). `before` is the
 * SHA-256 of the live file in hexadecimal digits, empty for add. `after` is the SHA-256 of the new content if it
 * differs from the source's bytes, for example after rendering; empty for a plain copy. `mapping` is the index of the
 * mapping in the assignment's profile. `bytes` is the size of the new content, `mode` its mode. */
typedef struct stoker_change {
  stoker_str path, origin, blob, before, after;
  uint64_t bytes;
  uint32_t op, mode, mapping, reserved;
} stoker_change;
STOKER_SINK(change, stoker_change); /* at most 5,000,000 records in one call */

/* A view: an open tree of a source, valid for the call that gets it. [calling] Its functions behave as those of the
 * tree in stoker/abi/source.h. They return a status without a reason. To pass a failure on, fail with the same status
 * and an empty code: the host then adds the source's own message. A bad path or a missing sink is a defect of the
 * caller. */
typedef struct stoker_view {
  uint32_t struct_size, reserved;
  stoker_str revision; /* of this tree */
  stoker_status (*list)(const struct stoker_view*, stoker_str under, stoker_file_sink);
  stoker_status (*read)(const struct stoker_view*, stoker_str path, stoker_byte_sink);
  /* The difference from `revision` to this tree. STOKER_E_NOT_FOUND: the source does not know `revision`; list all. */
  stoker_status (*since)(const struct stoker_view*, stoker_str revision, stoker_delta_sink);
} stoker_view;

typedef struct stoker_strategy stoker_strategy; /* an instance; defined by the plugin */
typedef struct stoker_strategy_v1 {
  STOKER_TABLE(stoker_strategy);
  /* Finishes or undoes the apply or revert that a dead process left open; works from the journal alone. Does nothing
   * when no journal is open. A journal that is marked "undo" is undone, never finished. Leaves a file alone that is
   * neither the old nor the new content, with note `drift`. Removes staged files, except those of the Run `keep`
   * (empty: of none). Writes one record to the change sink for each path that it changed, and one document to `state`:
   *   {"format": 1, "base": {"revision", "inputs", "vars", "run"} or null, "did": "nothing"|"finished"|"undone", "run"}
   * "base" is the last state that was applied completely; "run" is the Run that was finished or undone.
   * Deadline 10 min, never cancelled. After an error the tree counts as incomplete: the target is not ready, the
   * host starts no Run but a dry run, and a retryable error is tried again with back-off. */
  stoker_status (*recover)(stoker_strategy*, const stoker_call*, stoker_str keep, stoker_change_sink, stoker_note_sink,
                           stoker_text_sink state);
  /* Computes what must change so that the target has the view's revision, and writes the changes in the order in which
   * `apply` will do them. Changes nothing on disk. Writes exactly one decision: allow, or hold (for example
   * `mass-delete`); the host joins it with the verifiers' answers. Keeps the plan in memory for the other functions of
   * the same Run. Deadline 10 min, cancelled by a newer assignment or shutdown. An error ends the Run as failed; a
   * retryable one is tried again with back-off, another one waits for another revision, other inputs or a person.
   * STOKER_E_DENIED means that the place refuses, and not that the revision is wrong: no rights, an immutable file, a
   * link or a mount in the way. The Run is then held as `blocked` with the message, which has to name the path and what
   * to do, and the host looks again at every sync period. The same holds for `stage` and `apply`. A hold `blocked` in
   * the decision says the same of what can be seen before anything is tried. */
  stoker_status (*plan)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_str assignment, const stoker_view*,
                        stoker_change_sink, stoker_note_sink, stoker_decision_sink);
  /* Writes the content that a planned change would put at `path`. STOKER_E_NOT_FOUND: the plan writes nothing there.
   * The host calls it when a verifier asks for it in `admit`: on the verifier's thread, with the verifier's call, its
   * deadline and its cancel. A status other than STOKER_OK goes to the verifier. */
  stoker_status (*content)(stoker_strategy*, const stoker_call*, stoker_str run, const stoker_view*, stoker_str path,
                           stoker_byte_sink);
  /* Called instead of `stage` when the plan has no changes. Files that are as wanted may come into the inventory, and
   * files that are not wanted any more may leave it: this writes the inventory, and nothing else. Deadline 1 min, never
   * cancelled. An error ends the Run as failed. */
  stoker_status (*adopt)(stoker_strategy*, const stoker_call*, stoker_str run);
  /* Does everything slow: reads the content, writes it beside the live files on the same file system, makes it durable,
   * checks the free space. Touches no live file. Deadline 30 min, cancelled by a newer assignment or shutdown. An error
   * ends the Run as for `plan`; `forget` follows. */
  stoker_status (*stage)(stoker_strategy*, const stoker_call*, stoker_str run, const stoker_view*);
  /* Checks that each live file still is what the plan saw, writes the journal, then renames. Takes milliseconds,
   * because the target's lock is held. Deadline 10 min, never cancelled. STOKER_E_CONFLICT: a live file differs and
   * nothing was changed. The host unlocks and plans again, once in a Run. Any other error: the plugin has marked its
   * journal "undo" before it returned. The host calls `revert` of this Run. If the error is not retryable, the host
   * also holds the revision: it is not tried again on this target until the revision or its inputs change or a person
   * asks for a retry. Say retryable for what may pass by itself (no space, I/O error), STOKER_E_DENIED
   * where the place refuses (see `plan`), and any other error for a fault of the revision. */
  stoker_status (*apply)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_note_sink);
  /* Puts back what `run` replaced, from its journal or undo data alone. Treats foreign content as `recover` does.
   * Writes one record for each path that it put back. The host reverts several Runs newest first. A Run that is
   * reverted already, was never applied or is unknown: STOKER_OK and no record. Deadline 10 min, never cancelled. An
   * error puts the target into quarantine: no new plan is applied until a person, another revision or other inputs end
   * it. The next Run or process still calls `recover` first, and `revert` again when it was due to a bad verdict. */
  stoker_status (*revert)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_change_sink, stoker_note_sink);
  /* A Run that was applied: it is verified now; remove its undo data and those of earlier Runs. A Run that was not
   * applied: remove its staged files. An unknown Run: STOKER_OK. Must leave an open journal alone. Deadline 2 min,
   * never cancelled. After an error the host goes on; the next verified Run calls `forget` for everything before it. */
  stoker_status (*forget)(stoker_strategy*, const stoker_call*, stoker_str run);
  /* Looks at the live files of a Run that was applied and is not forgotten. Writes one record for each path that the
   * Run changed, as `plan` wrote it, and a note `overwritten` for each of them that is not as the Run left it; the
   * note's text names who did it, if that is known. Changes nothing. A Run that is unknown: STOKER_OK and no record.
   * The host calls it for the Runs that were never verified: before `verify`, to show their changes to the verifiers,
   * and after a healthy verdict. A note `overwritten` then means: applied, not verified; the next Run puts the files
   * back. Deadline 2 min, cancelled by a newer assignment or shutdown. After an error nobody can judge now: the Run
   * ends as applied, not verified, and the host asks again later. */
  stoker_status (*inspect)(stoker_strategy*, const stoker_call*, stoker_str run, stoker_change_sink, stoker_note_sink);
} stoker_strategy_v1;

#ifdef __cplusplus
}
#endif
#endif
