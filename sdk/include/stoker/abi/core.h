/* The core of Stoker's C ABI: what every plugin and every interface is made of.
 *
 * A plugin is a shared library with one exported symbol, `stoker_plugin_entry`. The host finds out who it is from an
 * ELF note, without running its code (see stoker/manifest_note.h), asks `query` for a table per kind it offers, and
 * calls those tables. Nothing but plain C data crosses, no side frees the other's memory, nothing unwinds across.
 *
 * Ownership: a `stoker_str`, a record or a table argument is borrowed for the call that it is handed to, and no longer.
 * Threads: every function says its class. [worker] one of the host's blocking threads, may block until the call's
 * deadline; [calling] the thread that made the surrounding call, before that call returns; [any] any thread, does not
 * block. Growth: tables start with their size. A field that came after x.0 is read only through STOKER_HAS. */
#ifndef STOKER_ABI_CORE_H
#define STOKER_ABI_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_ABI_MAJOR 0 /* 0: drafts, ids and tables may still change */
#define STOKER_ABI_MINOR 1

/* True if `table` is long enough to hold `field`. */
#define STOKER_HAS(table, field) \
  ((table)->struct_size >= (size_t)((const char*)&(table)->field - (const char*)(table)) + sizeof((table)->field))

/* 0 is success. A reader treats a value that it does not know as STOKER_E_INTERNAL. */
typedef int32_t stoker_status;
#define STOKER_OK 0
#define STOKER_E_UNREACHABLE 1  /* the other side is not there: refused, no route, no name */
#define STOKER_E_DENIED 2       /* it is there and says no: credentials, rights, trust */
#define STOKER_E_NOT_FOUND 3    /* the thing asked for does not exist */
#define STOKER_E_INVALID 4      /* what was handed over is wrong; trying again does not help */
#define STOKER_E_CONFLICT 5     /* the world is not what the caller saw; look again, then try again */
#define STOKER_E_TIMEOUT 6      /* the deadline passed */
#define STOKER_E_CANCELLED 7    /* the caller asked to stop */
#define STOKER_E_EXHAUSTED 8    /* space, quota, rate, or a bound of ours */
#define STOKER_E_INCOMPATIBLE 9 /* a newer format or interface than this side knows */
#define STOKER_E_INTERNAL 10    /* a defect */

/* UTF-8 text without NUL, not terminated. `ptr` may be null when `len` is 0. */
typedef struct stoker_str {
  const char* ptr;
  size_t len;
} stoker_str;

/* Why a call failed. `message` names the object and is for people, never with a secret; `code` is stable and for
 * programs ("git.ref-not-found"), may be empty; `detail` is a JSON document or empty. */
typedef struct stoker_error {
  uint32_t struct_size;
  stoker_status status;
  uint32_t retryable;      /* 0, 1: may the same call succeed later without anybody acting */
  uint32_t retry_after_ms; /* 0: the caller's own back-off */
  stoker_str code, message, detail;
} stoker_error;

/* The host's side of one call, valid until the call returns. [any] */
typedef struct stoker_call {
  uint32_t struct_size, reserved;
  uint64_t id; /* the same in logs, traces and crash reports */
  /* Milliseconds to the deadline; <= 0: give up with STOKER_E_TIMEOUT. */
  int64_t (*remaining_ms)(const struct stoker_call*);
  /* 1: return STOKER_E_CANCELLED within one second. */
  int32_t (*cancelled)(const struct stoker_call*);
  /* Says why the call is about to fail; copies; returns error->status so that it can end the function. A call that
   * returns a failure without having said why is a defect of the plugin. */
  stoker_status (*fail)(const struct stoker_call*, const stoker_error*);
  /* How far a long call is; total 0 = not known. */
  void (*progress)(const struct stoker_call*, uint64_t done, uint64_t total, stoker_str what);
} stoker_call;

/* A sink belongs to the side that receives, which copies what it keeps. A `put` that does not return 0 means: stop, and
 * return that status. [calling] Records are frozen: a new field is a new record in a new interface revision. */
#define STOKER_SINK(name, T)                                      \
  typedef struct stoker_##name##_sink {                           \
    void* to;                                                     \
    stoker_status (*put)(void* to, const T* items, size_t count); \
  } stoker_##name##_sink

STOKER_SINK(byte, uint8_t);    /* chunks of at most 1 MiB */
STOKER_SINK(text, stoker_str); /* documents, or a list of strings */
STOKER_SINK(error, stoker_error);

#define STOKER_CHUNK_BYTES_MAX 1048576u   /* one put of a byte sink */
#define STOKER_DOCUMENT_BYTES_MAX 262144u /* one document: config, assignment, report, facts, detail */
#define STOKER_TICKET_BYTES_MAX 65536u    /* a verifier's ticket */

/* Something to know about a path of a Run: shadowed, skipped, link, unowned, replicated, drift, overwritten,
 * adopted, ... */
typedef struct stoker_note {
  stoker_str code, path, text;
} stoker_note;
STOKER_SINK(note, stoker_note);

/* What a strategy or verifier makes of a plan or of a gateway. */
#define STOKER_ALLOW 1
#define STOKER_HOLD 2 /* name: the hold; reason: a sentence; not an error */
#define STOKER_REFUSE 3
#define STOKER_HEALTHY 4
#define STOKER_UNHEALTHY 5 /* name: what is bad, stable between two looks ("project:Line2") */
typedef struct stoker_decision {
  uint32_t verdict, reserved;
  int64_t again_at_ms; /* hold: when to look again, Unix ms; 0 = only when something is said to have changed */
  int64_t until_ms;    /* hold: when it ends by itself, Unix ms; 0 = not known */
  stoker_str name, reason, ended_by;
} stoker_decision;
STOKER_SINK(decision, stoker_decision);

/* What the host gives to one plugin instance; lives longer than the instance. [any] */
typedef struct stoker_host {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  /* A service table by id ("stoker.clock/1"), or null: not known to this host, or not in the manifest's `needs`. */
  const void* (*query)(const struct stoker_host*, stoker_str id);
  /* The JSON text at a JSON pointer of `document`, one put; a string comes unquoted when `plain` is 1.
   * STOKER_E_NOT_FOUND when nothing is there; STOKER_E_INVALID when `document` is not JSON. */
  stoker_status (*value)(const struct stoker_host*, stoker_str document, stoker_str pointer, int32_t plain,
                         stoker_text_sink);
  /* The keys of the object, or "0", "1", ... for the array, at a JSON pointer, in document order. */
  stoker_status (*keys)(const struct stoker_host*, stoker_str document, stoker_str pointer, stoker_text_sink);
} stoker_host;

/* What a plugin is. `id` and `version` repeat the manifest's; the host refuses a library in which they differ. */
typedef struct stoker_plugin {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  stoker_str id, version;
  /* Counted by the host and paired with `close`: before the first and after the last instance. [worker] */
  stoker_status (*open)(const stoker_host*, const stoker_call*);
  void (*close)(void);
  /* A table by interface id ("stoker.source/1"), or null. Pure, works before `open`. [any] */
  const void* (*query)(stoker_str id);
} stoker_plugin;

#if defined(_WIN32)
#define STOKER_EXPORT
#else
#define STOKER_EXPORT __attribute__((visibility("default")))
#endif
extern STOKER_EXPORT const stoker_plugin stoker_plugin_entry; /* the one exported symbol */

/* How every kind's table begins. `config` is one document {"settings": ..., "use": ..., "state": "<folder>"}: settings
 * are validated and complete, `use` says what this instance is for, `state` is a folder of its own for what can be made
 * again. [worker] Instances of a plugin whose manifest does not say "concurrency": "reentrant" get one call at a time.
 */
#define STOKER_TABLE(T)                                                                    \
  uint32_t struct_size, reserved;                                                          \
  stoker_status (*create)(const stoker_host*, const stoker_call*, stoker_str config, T**); \
  void (*destroy)(T*)

#ifdef __cplusplus
}
#endif
#endif
