/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.verifier/1": asks a gateway before, around and after a change.
 *
 * Concept. A verifier knows one thing about gateways: how to ask their state, what must not be changed, how to make
 * them load files, how to see that they are healthy. Facts are what `observe` found out. A plan is the list of changes
 * of one Run. A baseline is what was bad before the change; `verify` judges only what is worse than that. A ticket is a
 * text that `lock` returns; the host stores it on disk and hands it to `verify` and `unlock`, possibly in another
 * process after a crash. So a verifier keeps nothing in memory between two calls.
 *
 * Order in a Run. `observe`; [`admit`]; `observe`, `lock`; the strategy's `apply`; `verify`, which gives the lock back;
 * otherwise `unlock`. When the target is down, the host calls `unlock` and not `verify`. `observe` also runs between
 * Runs, once in each sync period, and when a new process finishes what a dead one left.
 *
 * Each function except `create` and `destroy` may be null, but not all of them. The host skips this verifier in the
 * step of a null function. A verifier that has `lock` must also have `verify` and `unlock`: after a healthy verdict the
 * host does not call `unlock`. The host does not load a library whose table breaks one of these two rules.
 *
 * Instances and threads. One instance for each target and module. All functions are [worker], may block, and run one at
 * a time for one target. The host asks several verifiers in their configured order, those with `lock` last.
 *
 * "Cancelled" below means: by a newer assignment or by shutdown; of `diagnose` and `probe`: when the command is
 * stopped. */
#ifndef STOKER_ABI_VERIFIER_H
#define STOKER_ABI_VERIFIER_H

#include <stoker/abi/core.h>
#include <stoker/abi/strategy.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_VERIFIER_ID "stoker.verifier/1"

#define STOKER_CHECK_OK 1
#define STOKER_CHECK_WARN 2    /* works, but a person should know */
#define STOKER_CHECK_FAIL 3    /* Runs of this target will fail or be held */
#define STOKER_CHECK_SKIPPED 4 /* could not be looked at; `text` says why */
/* One line of `diagnose` or `probe`. `status` is one of STOKER_CHECK_.... `name` says what was looked at ("key:
 * write"), the same words in each look; not empty, at most 256 bytes. `text` says what was found, `remedy` what a
 * person can do about it; both may be empty, at most 8 KiB each. */
typedef struct stoker_check {
  uint32_t status, reserved;
  stoker_str name, text, remedy;
} stoker_check;
STOKER_SINK(check, stoker_check); /* at most 1,000 records in one call */

/* A plan, as the host shows it to a verifier. Valid for the call that gets it. [calling] */
typedef struct stoker_plan {
  uint32_t struct_size, reserved;
  uint64_t changes_count; /* 0 in `verify`: judge everything below the destinations of the assignment's mappings */
  stoker_str run, digest;
  /* Writes each change, in order. In `verify` these are the changes of all Runs that were never verified, oldest Run
   * first, so a path may come twice: the last record counts. After `recover` or `revert` the files that were finished
   * or put back are among them. */
  stoker_status (*changes)(const struct stoker_plan*, stoker_change_sink);
  /* Writes what a planned change would put at `path`. Only in `admit`, also from within `changes`. In `lock` and
   * `verify` always STOKER_E_NOT_FOUND; in `verify` the content is in the live files. */
  stoker_status (*content)(const struct stoker_plan*, stoker_str path, stoker_byte_sink);
  /* The tree of the revision, as the source has it: `list` and `read` of stoker/abi/source.h. In `admit`, `lock` and
   * `verify`, while a tree is open. STOKER_E_NOT_FOUND when none is: after `recover`, around `revert`, and when what is
   * judged was applied by an earlier Run. */
  stoker_status (*list)(const struct stoker_plan*, stoker_str under, stoker_file_sink);
  stoker_status (*read)(const struct stoker_plan*, stoker_str path, stoker_byte_sink);
} stoker_plan;

typedef struct stoker_verifier stoker_verifier; /* an instance; defined by the plugin */
typedef struct stoker_verifier_v1 {
  STOKER_TABLE(stoker_verifier);
  /* Asks the target for its facts and writes one document:
   *   {"state": "down"|"starting"|"commissioning"|"running"|"faulted", "role": "independent"|"master"|"backup",
   *    "active": true|false, "version": "...", "started": "...", "hold": {"name", "reason"}}
   * Only "state" is required. "down" means that the connection was refused and nothing else: nobody is there to ask,
   * and the host changes the files without asking. Report a time-out, an unknown name or a TLS failure as an error.
   * "active" says whether this node of a redundant pair is the one at work. "started" changes with each start of the
   * gateway. "starting", "commissioning" and a "hold" end the Run as held.
   * Deadline 15 s, cancelled. An error ends the Run as failed; a retryable one is tried again with back-off. When a new
   * process finishes the work of a dead one, an error is ignored and nobody is locked or asked. */
  stoker_status (*observe)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_text_sink facts);
  /* May this plan be applied? Writes exactly one decision: allow, hold or refuse. Changes nothing. A dry run calls it
   * too and reports the answer. The target may be down (assignment's "facts"): allow what cannot be asked. The host
   * asks all verifiers; a refuse counts more than a hold. Hold: the Run ends as held. Refuse: the Run ends as failed
   * and is not tried again by itself. Deadline 60 s, cancelled. An error ends the Run as for `observe`. */
  stoker_status (*admit)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                         stoker_decision_sink);
  /* Looks at the target a last time, takes the baseline, takes the target's own lock, so that the target loads nothing
   * while files are renamed. Writes exactly one decision, allow or hold, and with allow one ticket: text of at most 64
   * KiB. On hold it must leave nothing locked, because the host does not call `unlock` for it. After an error the host
   * calls `unlock` with an empty ticket and the Run ends as failed. The target may be down: allow without a lock.
   * The assignment's "looks" is false before a recovery or a revert: then only take the lock; a hold or an error does
   * not stop the host. "baseline", if it is there, is the baseline to use instead of the present state: what is bad now
   * may be the work of a change that nobody has judged. Deadline 45 s, cancelled (not when "looks" is false). */
  stoker_status (*lock)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                        stoker_decision_sink, stoker_text_sink ticket);
  /* Makes the target load what is on disk, gives the lock back by that, waits until the target has loaded it, reads its
   * state and judges it against the ticket's baseline. Writes one healthy decision, or one unhealthy decision for each
   * thing that is bad and was not bad in the baseline, or one hold: it cannot judge (no rights, the gateway does not
   * say that it has loaded). Never two of these kinds in one call, never another verdict. `notes` takes remarks for the
   * Report. `ticket` is empty when no lock was taken or it is lost; the assignment's "baseline" (the last `detail`) is
   * the baseline then; without both, judge only that the delivered things are there and valid. `detail` takes one JSON
   * document of what is bad now, or nothing. Deadline: the assignment's "deadlines.verify" (120 s) plus 15 s,
   * cancelled. unhealthy: the host holds the revision and reverts all Runs that were never verified. STOKER_E_CONFLICT,
   * STOKER_E_UNREACHABLE: no verdict: another actor holds the lock; the target is down or starts. The host calls
   * `unlock`, reports "applied, not verified", and asks again later. Nothing is reverted. STOKER_E_CANCELLED after a
   * cancel, and a hold: the same; the Report names the hold, and its `again_at_ms` is when the host asks again. Any
   * other error, also a missed deadline or a defect: counts as unhealthy. */
  stoker_status (*verify)(stoker_verifier*, const stoker_call*, stoker_str assignment, const stoker_plan*,
                          stoker_str ticket, stoker_decision_sink, stoker_note_sink notes, stoker_text_sink detail);
  /* Gives the target's lock back if it is ours, and leaves the lock of another actor alone. The host may call it twice
   * for one lock, without a lock before it, and with an empty ticket after a crash: then find out which lock is ours.
   * Deadline 30 s, never cancelled. An error becomes a note in the Report; the lock must run out by itself. */
  stoker_status (*unlock)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_str ticket);
  /* Looks at everything that Runs of this target need from the gateway, and writes one check for each thing. Changes
   * nothing and takes no lock. Goes on after a check that fails. For the command `stoker doctor`; no Run calls it.
   * Deadline 60 s, cancelled. An error becomes a failed check. */
  stoker_status (*diagnose)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_check_sink);
  /* Finds out how this gateway behaves where gateways differ, by trying it. May change only what it makes itself and
   * removes again. A person asked for it and was told so: `stoker doctor --probe`. Writes one check for each question.
   * Deadline 10 min, cancelled; also then it removes what it made. An error becomes a failed check. */
  stoker_status (*probe)(stoker_verifier*, const stoker_call*, stoker_str assignment, stoker_check_sink);
} stoker_verifier_v1;

#ifdef __cplusplus
}
#endif
#endif
