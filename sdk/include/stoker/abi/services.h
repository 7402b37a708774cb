/* SPDX-License-Identifier: Apache-2.0 */
/* Services: what the host does for a plugin.
 *
 * Concept. A service is a table of functions of the host. Get it with stoker_host.query and its id. The host gives it
 * only if the plugin's manifest names the id in `needs` or `optionalNeeds`. The table is valid as long as the instance.
 * The first argument of each function is the table itself. All functions are [any] unless their comment says [worker]:
 * a [worker] function blocks, so call it within a plugin function and hand it that function's call. */
#ifndef STOKER_ABI_SERVICES_H
#define STOKER_ABI_SERVICES_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host's log. Each line carries the module's name. */
#define STOKER_LOG_ID "stoker.log/1"
#define STOKER_LOG_TRACE 0
#define STOKER_LOG_DEBUG 1
#define STOKER_LOG_INFO 2
#define STOKER_LOG_WARNING 3
#define STOKER_LOG_ERROR 4
#define STOKER_LOG_HOST_MISBEHAVING 5   /* the host broke a rule of these headers */
#define STOKER_LOG_PLUGIN_MISBEHAVING 6 /* a plugin broke a rule of these headers */
typedef struct stoker_log_field {
  stoker_str name, value;
} stoker_log_field;
typedef struct stoker_log {
  uint32_t struct_size, reserved;
  /* 1: lines of this severity are written. Ask before you build an expensive message. */
  int32_t (*enabled)(const struct stoker_log*, uint32_t severity);
  /* Writes one line; copies everything. `call` may be null; else the line carries its id. Never put a secret into a
   * message or a field. The host cuts a message after 8 KiB and a value after 2 KiB, and writes at most 32 fields. */
  void (*write)(const struct stoker_log*, const stoker_call* call, uint32_t severity, stoker_str message,
                const stoker_log_field* fields, size_t count);
} stoker_log;

/* The host's clock. Tests replace it by a clock that they set. */
#define STOKER_CLOCK_ID "stoker.clock/1"
typedef struct stoker_clock {
  uint32_t struct_size, reserved;
  int64_t (*wall_ms)(const struct stoker_clock*);      /* Unix time in ms; may jump */
  int64_t (*monotonic_ms)(const struct stoker_clock*); /* ms since some start; never goes back, counts suspend */
  /* Waits for `ms`. Returns early with STOKER_E_CANCELLED when the call is cancelled (seen within 50 ms), with
   * STOKER_E_TIMEOUT at the call's deadline. [worker] */
  stoker_status (*sleep)(const struct stoker_clock*, const stoker_call*, int64_t ms);
} stoker_clock;

/* Metrics, as the host's /metrics shows them. The host adds the label `module`. */
#define STOKER_METRICS_ID "stoker.metrics/1"
#define STOKER_METRIC_COUNTER 1
#define STOKER_METRIC_GAUGE 2
#define STOKER_METRIC_HISTOGRAM 3 /* of seconds; the host chooses the buckets, 5 ms to 10 min */
typedef struct stoker_metric {
  stoker_str name, help; /* name: stoker_<plugin>_<what>[_unit], of a-z, 0-9 and _ */
  const stoker_str* labels;
  size_t labels_count; /* at most 9 */
  uint32_t type, reserved;
} stoker_metric;
typedef struct stoker_metrics {
  uint32_t struct_size, reserved;
  /* Declares a metric and stores its handle. Only within `create`. STOKER_E_INVALID: a wrong name or label, a name that
   * was declared in another way, or a call after `create`. STOKER_E_EXHAUSTED: this instance has 50 metrics. */
  stoker_status (*declare)(const struct stoker_metrics*, const stoker_metric*, uint64_t* handle);
  /* Adds `value` to a counter, sets a gauge to it, or observes it in a histogram. Give as many label values as labels
   * were declared. After 100 combinations of label values the host counts further ones under "other". Handle 0 records
   * nothing. */
  void (*record)(const struct stoker_metrics*, uint64_t handle, const stoker_str* label_values, size_t count,
                 double value);
} stoker_metrics;

/* Requests over HTTP and HTTPS, with the host's TLS and bounds. */
#define STOKER_HTTP_CLIENT_ID "stoker.http-client/1"
typedef struct stoker_http_header {
  stoker_str name, value;
} stoker_http_header;
STOKER_SINK(http_header, stoker_http_header);
/* One request. The host always checks the server's certificate and its name or IP address: against the authorities in
 * `ca` (PEM text) if it is given, else against those of the system. The host does not follow redirects; a redirect is
 * an answer. It logs method, host and path, and nothing else of a request. At most 100 headers of 64 KiB together, and
 * a body of 8 MiB. */
typedef struct stoker_http_request {
  uint32_t struct_size, reserved;
  stoker_str method, url; /* http or https, without user information */
  const stoker_http_header* headers;
  size_t headers_count;
  stoker_str body, ca;
  uint64_t answer_bytes_max; /* 0: 1 MiB. A longer answer fails with STOKER_E_EXHAUSTED */
} stoker_http_request;
typedef struct stoker_http_client {
  uint32_t struct_size, reserved;
  /* Sends a request and waits for the answer, at most until the call's deadline or its cancel. Every answer of the
   * server is a success, whatever its status code. A failure writes one stoker_error to the last sink and returns its
   * status. Its code is one of http.refused (nobody listens), http.unreachable, http.dns, http.tls, http.timeout,
   * http.reset, http.too-large, http.bad-answer, http.bad-request. [worker] */
  stoker_status (*send)(const struct stoker_http_client*, const stoker_call*, const stoker_http_request*,
                        uint32_t* status, stoker_http_header_sink headers, stoker_byte_sink body, stoker_error_sink);
} stoker_http_client;

/* The kinds of objects that this host knows, for a platform (platform.h). */
#define STOKER_KINDS_ID "stoker.kinds/1"
typedef struct stoker_kind {
  stoker_str resource; /* "gatewaysyncs.stoker.io": the plural, and the group where there is one */
  stoker_str group, version, kind, plural;
  uint32_t has_status, reserved; /* 1: its status is a part of its own */
} stoker_kind;
STOKER_SINK(kind, stoker_kind);
typedef struct stoker_kinds {
  uint32_t struct_size, reserved;
  stoker_status (*list)(const struct stoker_kinds*, stoker_kind_sink);
  /* Checks a document before it is stored: its schema, its names and labels, and, with the document `before` that it
   * replaces, what may not change. Writes the document with all defaults. STOKER_E_NOT_FOUND: no such resource.
   * STOKER_E_INVALID: writes one error with code "object.invalid", whose detail is [{"pointer", "expected", "got"}]. */
  stoker_status (*check)(const struct stoker_kinds*, stoker_str resource, stoker_str before, stoker_str document,
                         stoker_text_sink complete, stoker_error_sink);
} stoker_kinds;

#ifdef __cplusplus
}
#endif
#endif
