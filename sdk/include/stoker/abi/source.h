/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.source/1": the place that revisions of the configuration come from, for example a git repository.
 *
 * Concept. A user writes a ref: "main", "v1.*", a commit id. `resolve` turns it into a revision: a name that stands for
 * the same content for ever. After that the host uses the revision only and never the ref again. `open` returns the
 * tree of a revision: its files, read-only. A strategy, and a verifier through its plan, read the tree with `list` and
 * `read`. `diff` tells a strategy which files differ from an older revision, so that it need not list everything.
 *
 * Instances. The host makes one instance for each different repository with its credentials. All Syncs of that
 * repository share the instance; several of their targets may have a tree open at the same time.
 *
 * Threads. All functions are [worker] and may block. They run one at a time for one source, its trees included, unless
 * the manifest says "reentrant". A receiver may ask for `read` from within the sink of a `list` or `diff`: that call
 * then comes inside the other one, on the same thread. */
#ifndef STOKER_ABI_SOURCE_H
#define STOKER_ABI_SOURCE_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_SOURCE_ID "stoker.source/1"

#define STOKER_REF_BRANCH 1
#define STOKER_REF_TAG 2
#define STOKER_REF_COMMIT 3
#define STOKER_REF_OTHER 4
/* The answer for one ref. `revision` (at most 256 bytes) names content for ever; empty: this ref cannot be used now.
 * `ref` (at most 1 KiB) is the full name of what was chosen ("refs/tags/v1.2"). `kind` is one of STOKER_REF_...; it may
 * be 0 when `revision` is empty. `status` says why there is no revision: STOKER_E_NOT_FOUND when there is no such ref,
 * STOKER_E_INVALID when it is not a ref, or another failure of this ref alone; STOKER_OK when there is one, and also
 * without one, when it then means STOKER_E_NOT_FOUND. `problem` (at most 8 KiB) is a sentence about it for people and
 * `code` (at most 128 bytes) is for programs; both may be empty. */
typedef struct stoker_resolved {
  stoker_str revision, ref, code, problem;
  uint32_t kind;
  stoker_status status;
} stoker_resolved;
STOKER_SINK(resolved, stoker_resolved); /* at most 10,000 records in one call */

#define STOKER_FILE_REGULAR 1
#define STOKER_FILE_LINK 2  /* a symbolic link: it is listed; nobody follows it or reads it */
#define STOKER_FILE_OTHER 3 /* an entry without bytes, such as a submodule */
/* One entry of a tree. `path` is relative and `/`-separated, has no part that is `.`, `..` or empty, is valid UTF-8 and
 * has at most 4 KiB. `blob` (at most 256 bytes) names the bytes: the same name always means the same bytes in this
 * source. Two forms let others compare without reading: 40 lower case hexadecimal digits are the git blob id of the
 * bytes; "sha256:" and 64 hexadecimal digits are their SHA-256. Any other form is a name only. `mode` of a regular file
 * is 0644 or 0755. `bytes` is the size, or 0 when the source does not know it. The host holds the bytes that `read`
 * writes against `bytes` and against these two forms of `blob`; a difference fails the call that reads. */
typedef struct stoker_file {
  stoker_str path, blob;
  uint64_t bytes;
  uint32_t mode, type;
} stoker_file;
STOKER_SINK(file, stoker_file); /* at most 5,000,000 records in one call */

#define STOKER_DELTA_PUT 1    /* the file is new, or its bytes, mode or type changed; `file` is the new state */
#define STOKER_DELTA_REMOVE 2 /* the file is gone; only `file.path` has a meaning */
typedef struct stoker_delta {
  stoker_file file;
  uint32_t op, reserved;
} stoker_delta;
STOKER_SINK(delta, stoker_delta); /* at most 5,000,000 records in one call */

typedef struct stoker_source stoker_source; /* an instance; defined by the plugin */
typedef struct stoker_tree stoker_tree;     /* an open tree; defined by the plugin */

typedef struct stoker_source_v1 {
  STOKER_TABLE(stoker_source);
  /* Looks up what each ref means now. Writes exactly one record for each ref, in the order of `refs`. Ask the other
   * side once for all refs. A ref that does not exist, or that cannot be used, is no error of the call: write a record
   * with an empty revision that says why. The host keeps what the targets of that Sync run, reports it, and goes on
   * with the other refs. When a ref is ambiguous, choose by a documented rule and write a note about it.
   * Deadline 120 s, cancelled at shutdown. An error means that no ref can be read. The host then keeps all earlier
   * answers and asks again after 5, 30, 60, 120, 240, 300 s, and not before `retry_after_ms`; a hint with `urgent` 1
   * makes it ask at once. */
  stoker_status (*resolve)(stoker_source*, const stoker_call*, const stoker_str* refs, size_t count,
                           stoker_resolved_sink, stoker_note_sink);
  /* Opens the tree of `revision` and stores it in the last argument, which belongs to the plugin until `close`. Fetches
   * what is missing, and checks that the content is that of the revision. Deadline 10 min, cancelled by a newer
   * assignment or shutdown. An error ends the Run as failed; a retryable one is tried again with back-off.
   * STOKER_E_NOT_FOUND: the source does not have the revision, or does not have it any more. */
  stoker_status (*open)(stoker_source*, const stoker_call*, stoker_str revision, stoker_tree**);
  /* Frees the tree. Deadline 30 s; has no call, so it cannot be cancelled and cannot fail. The host closes each tree
   * before it destroys the source; a call that was written off is the exception. */
  void (*close)(stoker_tree*);
  /* Writes the files below the folder `under` ("" means all), without the folders. Paths are from the root of the tree,
   * in rising order of their bytes, each once. `under` may name a file: then that file is the only record. If nothing
   * is there: STOKER_OK and no record. `list`, `read` and `diff` are called on behalf of a strategy, within its `plan`
   * or `stage`, or on behalf of a verifier: `list` and `read` within its `admit`, `lock` or `verify`, all three through
   * the strategy's `content` within `admit`. They get the deadline and the cancel of that call. Who asked gets the
   * status, and usually fails its call with it. */
  stoker_status (*list)(stoker_tree*, const stoker_call*, stoker_str under, stoker_file_sink);
  /* Writes the bytes of a regular file, in order: all that its record announced and no more. The host refuses the
   * first byte beyond the announced size. STOKER_E_NOT_FOUND: there is no such file. */
  stoker_status (*read)(stoker_tree*, const stoker_call*, stoker_str path, stoker_byte_sink);
  /* Writes the difference from revision `since` to this tree, in rising order of the paths' bytes, each path once.
   * STOKER_E_NOT_FOUND: the source does not know `since`; this is no failure, the strategy lists everything instead. */
  stoker_status (*diff)(stoker_tree*, const stoker_call*, stoker_str since, stoker_delta_sink);
} stoker_source_v1;

#ifdef __cplusplus
}
#endif
#endif
