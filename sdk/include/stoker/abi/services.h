/* What the host offers to a plugin that names it in its manifest's `needs`. Tables are got with stoker_host.query; the
 * first argument of each function is the table itself. [any] unless said otherwise. */
#ifndef STOKER_ABI_SERVICES_H
#define STOKER_ABI_SERVICES_H

#include <stoker/abi/core.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOKER_LOG_ID "stoker.log/1"
#define STOKER_LOG_TRACE 0
#define STOKER_LOG_DEBUG 1
#define STOKER_LOG_INFO 2
#define STOKER_LOG_WARNING 3
#define STOKER_LOG_ERROR 4
#define STOKER_LOG_HOST_MISBEHAVING 5
#define STOKER_LOG_PLUGIN_MISBEHAVING 6
typedef struct stoker_log_field {
  stoker_str name, value;
} stoker_log_field;
typedef struct stoker_log {
  uint32_t struct_size, reserved;
  int32_t (*enabled)(const struct stoker_log*, uint32_t severity); /* 1: worth putting a message together */
  /* `call` may be null. Copies. */
  void (*write)(const struct stoker_log*, const stoker_call* call, uint32_t severity, stoker_str message,
                const stoker_log_field* fields, size_t count);
} stoker_log;

#define STOKER_CLOCK_ID "stoker.clock/1"
typedef struct stoker_clock {
  uint32_t struct_size, reserved;
  int64_t (*wall_ms)(const struct stoker_clock*);      /* Unix time */
  int64_t (*monotonic_ms)(const struct stoker_clock*); /* never goes back, counts suspend */
  /* Waits so long; ends early with STOKER_E_CANCELLED or STOKER_E_TIMEOUT when the call says so. [worker] */
  stoker_status (*sleep)(const struct stoker_clock*, const stoker_call*, int64_t ms);
} stoker_clock;

#define STOKER_METRICS_ID "stoker.metrics/1"
#define STOKER_METRIC_COUNTER 1
#define STOKER_METRIC_GAUGE 2
#define STOKER_METRIC_HISTOGRAM 3 /* seconds, the host's buckets */
typedef struct stoker_metric {
  stoker_str name, help; /* name: stoker_<plugin>_<what>[_unit] */
  const stoker_str* labels;
  size_t labels_count;
  uint32_t type, reserved;
} stoker_metric;
typedef struct stoker_metrics {
  uint32_t struct_size, reserved;
  /* Only within `create`. STOKER_E_INVALID: a bad name; STOKER_E_EXHAUSTED: too many. */
  stoker_status (*declare)(const struct stoker_metrics*, const stoker_metric*, uint64_t* handle);
  /* Adds to a counter, sets a gauge, observes into a histogram. Label values as many as declared; past 100 combinations
   * of a metric the rest is counted under "other". */
  void (*record)(const struct stoker_metrics*, uint64_t handle, const stoker_str* label_values, size_t count,
                 double value);
} stoker_metrics;

#define STOKER_HTTP_CLIENT_ID "stoker.http-client/1"
typedef struct stoker_http_header {
  stoker_str name, value;
} stoker_http_header;
STOKER_SINK(http_header, stoker_http_header);
/* One request. Certificates are always checked against the system's authorities, or against `ca` (PEM text) alone when
 * it is given; names and IP addresses must match. Redirects are answers, never followed. Nothing of it is logged but
 * method, host and path. The deadline and the cancel of the call hold for every read and write. */
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
  /* Any answer of the server is success, whatever its status. Failures say their code: http.refused (nobody listens),
   * http.unreachable, http.dns, http.tls, http.timeout, http.reset, http.too-large, http.bad-answer, http.bad-request.
   * [worker] */
  stoker_status (*send)(const struct stoker_http_client*, const stoker_call*, const stoker_http_request*,
                        uint32_t* status, stoker_http_header_sink headers, stoker_byte_sink body, stoker_error_sink);
} stoker_http_client;

#ifdef __cplusplus
}
#endif
#endif
