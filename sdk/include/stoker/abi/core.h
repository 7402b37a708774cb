/* SPDX-License-Identifier: Apache-2.0 */
/* The core of Stoker's C ABI: the types that every plugin and every interface uses.
 *
 * Concept. A plugin is a shared library with one exported symbol, `stoker_plugin_entry`. The library also contains a
 * manifest: a JSON document in an ELF note (stoker/manifest_note.h). The host reads the manifest without running code
 * of the library. A plugin offers one or more kinds: source, trigger, strategy, verifier, notifier,
 * platform. For each kind it returns one table of functions from `query`. The host makes instances of a kind with the
 * table's `create`, calls the other functions of the table on an instance, and ends the instance with `destroy`.
 *
 * Data. Only plain C data crosses the boundary. Neither side frees memory of the other side. No C++ exception and no
 * other unwinding may cross the boundary. A function that fails reports a `stoker_error` and returns its status.
 *
 * Ownership. Each argument (text, record, table, sink, call) belongs to the caller. It is valid until the function
 * returns, unless its comment says otherwise. Copy what you keep.
 *
 * Threads. Each function has one of these classes:
 *   [worker]  the host calls it on one of its blocking threads; the function may block until the call's deadline.
 *   [calling] call it only on the thread that runs the surrounding plugin function, before that function returns.
 *             On another thread, or later, it does nothing and returns STOKER_E_INTERNAL, and the host fails the call.
 *   [any]     any thread may call it; it does not block.
 *
 * Deadlines. Every function that may block gets a `stoker_call` with a deadline. One second after the deadline, or five
 * seconds after a cancel, the host stops waiting. It then writes the call off: it never uses the thread and the
 * instance again, and /healthz fails until the host is restarted.
 *
 * Checks. The host treats everything that a plugin hands over as untrusted input. A value that breaks a rule of these
 * headers fails the call with code "host.plugin-misbehaving" and kind STOKER_E_INTERNAL.
 *
 * Growth. Each table starts with its size in bytes. Read a field that was added after version x.0 only if STOKER_HAS
 * says that the table contains it. */
#ifndef STOKER_ABI_CORE_H
#define STOKER_ABI_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_ABI_MAJOR 0 /* 0: the interfaces are drafts; ids and tables may still change */
#define STOKER_ABI_MINOR 3

/* True if `table` is long enough to contain `field`. */
#define STOKER_HAS(table, field) \
  ((table)->struct_size >= (size_t)((const char*)&(table)->field - (const char*)(table)) + sizeof((table)->field))

/* The result of a function. 0 is success, other values are failures. Treat an unknown value as STOKER_E_INTERNAL. */
typedef int32_t stoker_status;
#define STOKER_OK 0
#define STOKER_E_UNREACHABLE 1  /* the other side does not answer: connection refused, no route, unknown name */
#define STOKER_E_DENIED 2       /* the other side answers and refuses: credentials, rights, trust */
#define STOKER_E_NOT_FOUND 3    /* the requested object does not exist */
#define STOKER_E_INVALID 4      /* an argument or a setting is wrong; the same call fails again */
#define STOKER_E_CONFLICT 5     /* the state is not the state that the caller saw; look again, then try again */
#define STOKER_E_TIMEOUT 6      /* the deadline passed */
#define STOKER_E_CANCELLED 7    /* the caller asked to stop */
#define STOKER_E_EXHAUSTED 8    /* no space, quota or rate left, or a bound of Stoker was exceeded */
#define STOKER_E_INCOMPATIBLE 9 /* a format or an interface is newer than this side knows */
#define STOKER_E_INTERNAL 10    /* a defect */

/* A text: UTF-8 without NUL bytes, not terminated. `ptr` may be null when `len` is 0. */
typedef struct stoker_str {
  const char* ptr;
  size_t len;
} stoker_str;

/* Why a call failed. `message` is for people: it names the object and never contains a secret; at most 64 KiB. `code`
 * is for programs and does not change between versions ("git.ref-not-found"); it may be empty; at most 128 bytes.
 * It must not begin with "host.": such codes are for failures that the host itself finds.
 * `detail` is a JSON document or empty; at most 64 KiB. */
typedef struct stoker_error {
  uint32_t struct_size;
  stoker_status status;
  uint32_t retryable;      /* 1: the same call may succeed later although nobody changes anything; else 0 */
  uint32_t retry_after_ms; /* the earliest time for the next try, from now; 0: the caller decides */
  stoker_str code, message, detail;
} stoker_error;

/* One call from the host into the plugin. Valid until that call returns. [any] */
typedef struct stoker_call {
  uint32_t struct_size, reserved;
  uint64_t id; /* unique in this process; log lines that get this call carry it */
  /* Milliseconds to the deadline. At 0 or below: stop and return STOKER_E_TIMEOUT. The deadline includes the time in
   * which the call waited for a free thread or for an earlier call of the same instance. */
  int64_t (*remaining_ms)(const struct stoker_call*);
  /* 1: the host asks to stop. Return STOKER_E_CANCELLED within one second. A function whose comment says "never
   * cancelled" always sees 0. */
  int32_t (*cancelled)(const struct stoker_call*);
  /* Reports why the call fails. Copies `error` and returns error->status, so `return call->fail(call, &error);` ends
   * the function. The function must return the same status as the last reported error. A failure without a reported
   * error, or with another status, is a defect of the plugin ("host.plugin-misbehaving"). */
  stoker_status (*fail)(const struct stoker_call*, const stoker_error*);
  /* Reports the progress of a long call; `total` 0 means unknown. This version of the host ignores it. */
  void (*progress)(const struct stoker_call*, uint64_t done, uint64_t total, stoker_str what);
} stoker_call;

/* A sink takes items from the side that produces them. It belongs to the side that receives; that side copies what it
 * keeps. Any number of `put` calls with any number of items is allowed, in the bounds below. When `put` does not
 * return 0, the receiver wants no more items: stop and return that status. [calling] Record types are frozen: a new
 * field needs a new record type in a new revision of the interface. */
#define STOKER_SINK(name, T)                                      \
  typedef struct stoker_##name##_sink {                           \
    void* to;                                                     \
    stoker_status (*put)(void* to, const T* items, size_t count); \
  } stoker_##name##_sink

STOKER_SINK(byte, uint8_t);    /* at most STOKER_CHUNK_BYTES_MAX bytes in one put */
STOKER_SINK(text, stoker_str); /* one document; `value` and `keys` of stoker_host use it for a list of strings */
STOKER_SINK(error, stoker_error);

#define STOKER_CHUNK_BYTES_MAX 1048576u   /* of one put into a byte sink */
#define STOKER_DOCUMENT_BYTES_MAX 262144u /* of one document: config, assignment, report, facts, detail, state */
#define STOKER_TICKET_BYTES_MAX 65536u    /* of a verifier's ticket */

/* A remark about one path of a Run, or about a ref. It does not change what the host does; the Report lists it. `code`
 * (at most 64 bytes) is for programs: shadowed, skipped, link, unowned, replicated, drift, overwritten, adopted, or a
 * name of your own. `path` may be empty. `text` is one sentence. `path` and `text`: at most 8 KiB each. At most 100,000
 * notes in one call. */
typedef struct stoker_note {
  stoker_str code, path, text;
} stoker_note;
STOKER_SINK(note, stoker_note);

/* What a strategy or a verifier decides about a plan or about a gateway. Each function that answers with decisions
 * says which verdicts it may use; another verdict is a defect. Texts: at most 8 KiB each. At most 1,000 decisions in
 * one call. */
#define STOKER_ALLOW 1
#define STOKER_HOLD 2      /* wait: not an error. `name` names the hold and is not empty, `reason` is a sentence */
#define STOKER_REFUSE 3    /* this plan must not be applied: `name` is a code, `reason` a sentence */
#define STOKER_HEALTHY 4   /* the gateway is as good as before the change, or better */
#define STOKER_UNHEALTHY 5 /* `name` says what is bad; use the same name in each look ("project:Line2") */
typedef struct stoker_decision {
  uint32_t verdict, reserved;
  int64_t again_at_ms; /* hold: when the host looks again, Unix time in ms, at most one day from now. 0: no time; the
                          host looks again after an urgent hint or when the target's facts change */
  int64_t until_ms;    /* hold: when it ends without an act of a person, Unix time in ms; 0: unknown. For people only */
  stoker_str name, reason, ended_by; /* ended_by: what ends the hold, for people */
} stoker_decision;
STOKER_SINK(decision, stoker_decision);

/* The host, as one instance sees it. Valid until the instance's `destroy` has returned. [any] */
typedef struct stoker_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* Returns the table of a service by its id ("stoker.clock/1"). Returns null when this host does not know the service
   * or when the manifest does not name it in `needs` or `optionalNeeds`. The table is valid as long as the host. */
  const void* (*query)(const struct stoker_host*, stoker_str id);
  /* Writes the value at the JSON pointer `pointer` of `document` to the sink, as JSON text, in one put. With `plain` 1
   * a string is written without quotes and escapes. STOKER_E_NOT_FOUND: there is no such value. STOKER_E_INVALID:
   * `document` is not JSON or is longer than STOKER_DOCUMENT_BYTES_MAX, or `pointer` is not a JSON pointer. */
  stoker_status (*value)(const struct stoker_host*, stoker_str document, stoker_str pointer, int32_t plain,
                         stoker_text_sink);
  /* Writes the keys of the object at `pointer`, in document order, or "0", "1", ... for an array. STOKER_E_NOT_FOUND:
   * there is no such value, or it is neither an object nor an array. */
  stoker_status (*keys)(const struct stoker_host*, stoker_str document, stoker_str pointer, stoker_text_sink);
} stoker_host;

/* The entry of a plugin. `id`, `version`, the ABI version and the kinds repeat the manifest. The host does not load a
 * library in which they differ. */
typedef struct stoker_plugin {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  stoker_str id, version;
  /* The host calls `open` before it creates the first instance. [worker], deadline 30 s, never cancelled. Both
   * arguments are valid for this call only. A failure means that the instance is not made. */
  stoker_status (*open)(const stoker_host*, const stoker_call*);
  /* The host calls `close` after the last instance is gone. [worker], within the deadline of that instance's `destroy`.
   * It does not call it while an instance that was written off exists. A later instance makes the host call `open`
   * again. The library stays loaded until the process ends. */
  void (*close)(void);
  /* Returns the table of an interface by its id ("stoker.source/1"), or null. Always returns the same table, which is
   * valid until the process ends. Has no side effect and works before `open`. [any] */
  const void* (*query)(stoker_str id);
} stoker_plugin;

#if defined(_WIN32)
#define STOKER_EXPORT
#else
#define STOKER_EXPORT __attribute__((visibility("default")))
#endif
extern STOKER_EXPORT const stoker_plugin stoker_plugin_entry; /* the one exported symbol */

/* The start of each kind's table.
 *
 * `create` makes an instance. [worker], deadline 30 s, never cancelled. `config` is one document {"settings", "use",
 * "state"}. "settings": the module's settings; the host has checked them against the manifest's schema, filled in the
 * defaults and replaced secret references by their text. "use": what this instance is for (docs/documents.md).
 * "state": a folder for data that the plugin can make again, such as caches; all instances of one module share it.
 * `config` is valid until `create` returns; the host stays valid until `destroy` has returned.
 *
 * `destroy` ends an instance. [worker], deadline 10 s. No other call of this instance runs then, and none follows. The
 * host does not call it for an instance that was written off.
 *
 * An instance gets one call at a time unless the manifest says "concurrency": "reentrant". That includes calls on
 * behalf of another plugin: of a source's tree, and of a strategy's `content`. Only the trigger's `watch` is outside
 * this rule. */
#define STOKER_TABLE(T)                                                                    \
  uint32_t struct_size, reserved;                                                          \
  stoker_status (*create)(const stoker_host*, const stoker_call*, stoker_str config, T**); \
  void (*destroy)(T*)

#ifdef __cplusplus
}
#endif
#endif
