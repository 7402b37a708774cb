/* "stoker.source/1": where revisions come from. [worker], may block, every function. */
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
/* `revision` names content for ever; `ref` is the full name that was chosen ("refs/tags/v1.2"). */
typedef struct stoker_resolved {
  stoker_str revision, ref;
  uint32_t kind, reserved;
} stoker_resolved;
STOKER_SINK(resolved, stoker_resolved);

#define STOKER_FILE_REGULAR 1
#define STOKER_FILE_LINK 2  /* a symbolic link: listed, never followed, never read */
#define STOKER_FILE_OTHER 3 /* a submodule or something else that has no bytes */
/* One entry of a tree. `path` is relative, `/`-separated, without `.`, `..` and empty parts, valid UTF-8.
 * `blob` names the bytes for ever within this source: 40 lower case hexadecimal digits are Git's id of them, "sha256:"
 * and 64 digits their SHA-256, so that nobody has to read them to compare; anything else is a name alone. `mode` is
 * 0644 or 0755; `bytes` is 0 where it is not known. */
typedef struct stoker_file {
  stoker_str path, blob;
  uint64_t bytes;
  uint32_t mode, type;
} stoker_file;
STOKER_SINK(file, stoker_file);

#define STOKER_DELTA_PUT 1    /* added, or its bytes, mode or type changed: `file` is what it is now */
#define STOKER_DELTA_REMOVE 2 /* gone: only `file.path` means something */
typedef struct stoker_delta {
  stoker_file file;
  uint32_t op, reserved;
} stoker_delta;
STOKER_SINK(delta, stoker_delta);

typedef struct stoker_source stoker_source; /* the plugin's */
typedef struct stoker_tree stoker_tree;     /* the plugin's */

/* One instance for each different `use`: a source block, that is repository and credentials. */
typedef struct stoker_source_v1 {
  STOKER_TABLE(stoker_source);
  /* What each ref means now: one listing of the other side for all. Answers in the order asked, exactly one record a
   * ref; revision "" = there is no such ref. An ambiguous ref is resolved by the source's rule and noted. */
  stoker_status (*resolve)(stoker_source*, const stoker_call*, const stoker_str* refs, size_t count,
                           stoker_resolved_sink, stoker_note_sink);
  /* The tree of a revision, fetched if it is not here. What is read is checked to be that revision.
   * STOKER_E_NOT_FOUND: the source does not have it (any more). */
  stoker_status (*open)(stoker_source*, const stoker_call*, stoker_str revision, stoker_tree**);
  /* Every tree is closed before its source is destroyed. */
  void (*close)(stoker_tree*);
  /* The files below `under` ("" = all), sorted by path bytes, without folders. `under` may be a file. Nothing there:
   * ok and no record. */
  stoker_status (*list)(stoker_tree*, const stoker_call*, stoker_str under, stoker_file_sink);
  /* The bytes of a regular file. */
  stoker_status (*read)(stoker_tree*, const stoker_call*, stoker_str path, stoker_byte_sink);
  /* What differs from revision `since` to this tree, sorted by path. STOKER_E_NOT_FOUND: the source does not know
   * `since`; the caller lists everything. */
  stoker_status (*diff)(stoker_tree*, const stoker_call*, stoker_str since, stoker_delta_sink);
} stoker_source_v1;

#ifdef __cplusplus
}
#endif
#endif
