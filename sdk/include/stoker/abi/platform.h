/* SPDX-License-Identifier: Apache-2.0 */
/* "stoker.platform/1": keeps the objects of a fleet, and tells of their changes.
 *
 * Concept. An object is a JSON document with `apiVersion`, `kind`, `metadata`, `spec` and `status`, as on a cluster.
 * Its `resource` ("gatewaysyncs.stoker.io"), its namespace and its name identify it. The service "stoker.kinds/1"
 * (services.h) says which resources there are, and checks what is written. A user, the controller and the agents meet
 * in the objects alone, so everything that Stoker promises about them is promised by the platform:
 *
 *   - `metadata.uid` is new for each object; `creationTimestamp` is the platform's own time; `generation` is 1 at the
 *     beginning and grows with each change of the spec, and when a removal waits for finalizers. The platform sets all
 *     of them.
 *   - `metadata.resourceVersion` is a positive number, written as text, that grows over the whole store: also when an
 *     object is removed and made anew. It changes with each write. A write that changes nothing keeps it, and nobody
 *     is told.
 *   - Metadata and spec are one part of an object, its status is the other. A write of one part never changes the
 *     other: what the document says of it is ignored. `insert` drops a status.
 *   - A document that breaks its schema is refused as a whole, with STOKER_E_INVALID and code "object.invalid". What is
 *     absent and has a default is filled in.
 *   - An object with `metadata.finalizers` is not removed: it gets a `deletionTimestamp`, and goes when the last one
 *     was taken away. Nobody can add one then. The write that takes it away is told as a removal only.
 *   - An object whose `metadata.ownerReferences` are all gone is removed by the platform soon after.
 *
 * Errors. STOKER_E_NOT_FOUND "object.not-found", and "object.no-resource" for an unknown resource. STOKER_E_CONFLICT:
 * "object.exists" (insert), "object.conflict" (the version or the uid is another one). STOKER_E_INVALID
 * "object.invalid"; `detail` lists what is wrong:
 * [{"pointer", "expected", "got"}]. A selector that cannot be read, a resourceVersion at `insert`, a version that is no
 * number, and a document that is too long are such errors too. STOKER_E_DENIED "object.denied": who writes may not.
 * STOKER_E_UNREACHABLE: the store does not answer; whether a write was done is unknown.
 *
 * Instances. One for each process. The manifest must say "concurrency": "reentrant", because `next` waits while others
 * read and write. */
#ifndef STOKER_ABI_PLATFORM_H
#define STOKER_ABI_PLATFORM_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_PLATFORM_ID "stoker.platform/1"

#define STOKER_OBJECT_BYTES_MAX 1048576u /* of one object's document */

/* Which object. `name_space` and `name`: as in its metadata. */
typedef struct stoker_key {
  stoker_str resource, name_space, name;
} stoker_key;

/* One object as it is now; after a removal, as it was last. `version` is its resourceVersion; after a removal, that of
 * the removal. */
typedef struct stoker_object {
  stoker_key key;
  stoker_str uid;
  uint64_t version;
  stoker_str document;
} stoker_object;
STOKER_SINK(object, stoker_object); /* at most 1,000,000 objects in one call */

/* Which objects of a resource. `name_space` empty: of all. `labels`: a selector as users of clusters write it
 * ("line=a,tier in (x, y),!old"); empty: all. */
typedef struct stoker_query {
  stoker_str resource, name_space, labels;
} stoker_query;

/* What happened to an object that a watch looks at. An object that no longer fits the selector is said to be removed,
 * with its last fitting document; one that fits again to be added; so after a removal that a watch with a selector
 * tells, ask `get` whether the object is gone. */
#define STOKER_OBJECT_ADDED 1
#define STOKER_OBJECT_CHANGED 2
#define STOKER_OBJECT_REMOVED 3
#define STOKER_WATCH_BOOKMARK 4 /* nothing happened up to `object.version`; the rest of `object` is empty */
#define STOKER_WATCH_EXPIRED 5  /* the watch is over: changes were missed. List again, and watch from that version */
#define STOKER_OWNER_GONE 6     /* of watch_owner: the owner is gone. That watch is over */
#define STOKER_OWNER_UNKNOWN 7  /* of watch_owner: nobody can say now; it may still be alive */
#define STOKER_OWNER_ALIVE 8    /* of watch_owner: it is there */
typedef struct stoker_object_event {
  uint64_t watch; /* the number that `watch` or `watch_owner` answered */
  uint32_t op, reserved;
  stoker_object object;
} stoker_object_event;
STOKER_SINK(object_event, stoker_object_event); /* at most 100,000 events in one call */

/* Which part of an object is written. */
#define STOKER_PART_SPEC 1   /* metadata and spec */
#define STOKER_PART_STATUS 2 /* status */

typedef struct stoker_platform stoker_platform; /* an instance; defined by the plugin */
typedef struct stoker_platform_v1 {
  STOKER_TABLE(stoker_platform);
  /* Reads one object as it is stored now, past any cache. All functions below but `next`: [worker], deadline 30 s,
   * cancelled at shutdown. */
  stoker_status (*get)(stoker_platform*, const stoker_call*, const stoker_key*, stoker_object_sink);
  /* Writes all objects of the query, in the order of namespace and name, as they were together at one version, and
   * stores that version. A watch from it misses nothing and repeats nothing. */
  stoker_status (*list)(stoker_platform*, const stoker_call*, const stoker_query*, stoker_object_sink,
                        uint64_t* version);
  /* `by` names who writes; the platform keeps it in metadata.managedFields as far as it has any other way to know. At
   * most 128 bytes. Each write hands back the object as it is stored. */
  stoker_status (*insert)(stoker_platform*, const stoker_call*, stoker_str resource, stoker_str document, stoker_str by,
                          stoker_object_sink);
  /* Replaces one part. metadata.resourceVersion of the document must be the present one. */
  stoker_status (*update)(stoker_platform*, const stoker_call*, stoker_str resource, uint32_t part, stoker_str document,
                          stoker_str by, stoker_object_sink);
  /* Merges a JSON merge patch (RFC 7396) into one part. metadata.resourceVersion in it is a condition: when it
   * is not the present one, nothing is changed. */
  stoker_status (*patch)(stoker_platform*, const stoker_call*, const stoker_key*, uint32_t part, stoker_str patch,
                         stoker_str by, stoker_object_sink);
  /* Removes the object, or begins to, when it has finalizers. `uid` and `version` are conditions unless they are empty
   * and 0. Hands back the object as it was, whose version may be the one before, or with its deletionTimestamp. */
  stoker_status (*remove)(stoker_platform*, const stoker_call*, const stoker_key*, stoker_str uid, uint64_t version,
                          stoker_str by, stoker_object_sink);
  /* Begins to tell of changes after version `from`, in rising order of versions, each once; `from` 0: first each
   * object that there is as added (for few objects: `list`, then watch from its version). Stores a number that its
   * events carry. STOKER_E_NOT_FOUND "object.expired": `from` is older than what the platform still knows, or newer
   * than what it has reached. At most 1,000 watches at once. */
  stoker_status (*watch)(stoker_platform*, const stoker_call*, const stoker_query*, uint64_t from, uint64_t* number);
  /* Begins to tell whether an owner lives. `owner`: {"apiVersion", "kind", "name", "namespace", "uid"} of an object, or
   * {"kind": "Process", "pid", "startTime", "bootId"}. Its state now comes as the first event. STOKER_E_INCOMPATIBLE
   * "object.no-owners": this platform does not know who lives. */
  stoker_status (*watch_owner)(stoker_platform*, const stoker_call*, stoker_str owner, uint64_t* number);
  /* No more events of this watch; an unknown number: ok. [any] */
  void (*unwatch)(stoker_platform*, uint64_t number);
  /* Waits for events of all watches and writes them, then returns STOKER_OK. STOKER_E_TIMEOUT when the deadline passes
   * without one; this is no failure. It runs on a thread of its own, one at a time. A
   * platform may hold a lock while it fills the sink of `next` and of `list`. [worker], deadline 60 s, cancelled
   * at shutdown. */
  stoker_status (*next)(stoker_platform*, const stoker_call*, stoker_object_event_sink);
  /* Tries to become or to stay the leader of `election`. `candidate` is unique among the processes. Stores 1 in
   * `leads` if it leads now, until `ttl_ms` after this call began; else 0. Whoever leads calls it again before that.
   * Another one becomes the leader when this platform has seen no renewal for `ttl_ms` by its own monotonic clock, or
   * at once after `resign`. STOKER_E_INCOMPATIBLE "object.no-elections": this platform has none. */
  stoker_status (*lead)(stoker_platform*, const stoker_call*, stoker_str election, stoker_str candidate, int64_t ttl_ms,
                        int32_t* leads);
  stoker_status (*resign)(stoker_platform*, const stoker_call*, stoker_str election, stoker_str candidate);
} stoker_platform_v1;

#ifdef __cplusplus
}
#endif
#endif
