/* The layout of every record and table of the ABI, by hand, for 64-bit machines. An assertion that fails here is a
 * break of every plugin that exists: append instead. */
#include <stoker/abi/notifier.h>
#include <stoker/abi/services.h>
#include <stoker/abi/source.h>
#include <stoker/abi/strategy.h>
#include <stoker/abi/trigger.h>
#include <stoker/abi/verifier.h>

#define AT(T, field, offset) _Static_assert(offsetof(T, field) == (offset), #T "." #field)
#define SIZE(T, bytes) _Static_assert(sizeof(T) == (bytes), #T)

#if UINTPTR_MAX == UINT64_MAX

SIZE(stoker_str, 16);
AT(stoker_str, ptr, 0);
AT(stoker_str, len, 8);

SIZE(stoker_error, 64);
AT(stoker_error, struct_size, 0);
AT(stoker_error, status, 4);
AT(stoker_error, retryable, 8);
AT(stoker_error, retry_after_ms, 12);
AT(stoker_error, code, 16);
AT(stoker_error, message, 32);
AT(stoker_error, detail, 48);

SIZE(stoker_call, 48);
AT(stoker_call, struct_size, 0);
AT(stoker_call, reserved, 4);
AT(stoker_call, id, 8);
AT(stoker_call, remaining_ms, 16);
AT(stoker_call, cancelled, 24);
AT(stoker_call, fail, 32);
AT(stoker_call, progress, 40);

SIZE(stoker_byte_sink, 16);
AT(stoker_byte_sink, to, 0);
AT(stoker_byte_sink, put, 8);

SIZE(stoker_note, 48);
AT(stoker_note, code, 0);
AT(stoker_note, path, 16);
AT(stoker_note, text, 32);

SIZE(stoker_decision, 72);
AT(stoker_decision, verdict, 0);
AT(stoker_decision, reserved, 4);
AT(stoker_decision, again_at_ms, 8);
AT(stoker_decision, until_ms, 16);
AT(stoker_decision, name, 24);
AT(stoker_decision, reason, 40);
AT(stoker_decision, ended_by, 56);

SIZE(stoker_host, 32);
AT(stoker_host, struct_size, 0);
AT(stoker_host, abi_major, 4);
AT(stoker_host, abi_minor, 6);
AT(stoker_host, query, 8);
AT(stoker_host, value, 16);
AT(stoker_host, keys, 24);

SIZE(stoker_plugin, 64);
AT(stoker_plugin, struct_size, 0);
AT(stoker_plugin, abi_major, 4);
AT(stoker_plugin, abi_minor, 6);
AT(stoker_plugin, id, 8);
AT(stoker_plugin, version, 24);
AT(stoker_plugin, open, 40);
AT(stoker_plugin, close, 48);
AT(stoker_plugin, query, 56);

SIZE(stoker_log_field, 32);
AT(stoker_log_field, name, 0);
AT(stoker_log_field, value, 16);

SIZE(stoker_log, 24);
AT(stoker_log, struct_size, 0);
AT(stoker_log, reserved, 4);
AT(stoker_log, enabled, 8);
AT(stoker_log, write, 16);

SIZE(stoker_clock, 32);
AT(stoker_clock, struct_size, 0);
AT(stoker_clock, reserved, 4);
AT(stoker_clock, wall_ms, 8);
AT(stoker_clock, monotonic_ms, 16);
AT(stoker_clock, sleep, 24);

SIZE(stoker_metric, 56);
AT(stoker_metric, name, 0);
AT(stoker_metric, help, 16);
AT(stoker_metric, labels, 32);
AT(stoker_metric, labels_count, 40);
AT(stoker_metric, type, 48);
AT(stoker_metric, reserved, 52);

SIZE(stoker_metrics, 24);
AT(stoker_metrics, struct_size, 0);
AT(stoker_metrics, reserved, 4);
AT(stoker_metrics, declare, 8);
AT(stoker_metrics, record, 16);

SIZE(stoker_http_header, 32);
AT(stoker_http_header, name, 0);
AT(stoker_http_header, value, 16);

SIZE(stoker_http_request, 96);
AT(stoker_http_request, struct_size, 0);
AT(stoker_http_request, reserved, 4);
AT(stoker_http_request, method, 8);
AT(stoker_http_request, url, 24);
AT(stoker_http_request, headers, 40);
AT(stoker_http_request, headers_count, 48);
AT(stoker_http_request, body, 56);
AT(stoker_http_request, ca, 72);
AT(stoker_http_request, answer_bytes_max, 88);

SIZE(stoker_http_client, 16);
AT(stoker_http_client, struct_size, 0);
AT(stoker_http_client, reserved, 4);
AT(stoker_http_client, send, 8);

SIZE(stoker_resolved, 72);
AT(stoker_resolved, revision, 0);
AT(stoker_resolved, ref, 16);
AT(stoker_resolved, code, 32);
AT(stoker_resolved, problem, 48);
AT(stoker_resolved, kind, 64);
AT(stoker_resolved, status, 68);

SIZE(stoker_file, 48);
AT(stoker_file, path, 0);
AT(stoker_file, blob, 16);
AT(stoker_file, bytes, 32);
AT(stoker_file, mode, 40);
AT(stoker_file, type, 44);

SIZE(stoker_delta, 56);
AT(stoker_delta, file, 0);
AT(stoker_delta, op, 48);
AT(stoker_delta, reserved, 52);

SIZE(stoker_source_v1, 72);
AT(stoker_source_v1, struct_size, 0);
AT(stoker_source_v1, reserved, 4);
AT(stoker_source_v1, create, 8);
AT(stoker_source_v1, destroy, 16);
AT(stoker_source_v1, resolve, 24);
AT(stoker_source_v1, open, 32);
AT(stoker_source_v1, close, 40);
AT(stoker_source_v1, list, 48);
AT(stoker_source_v1, read, 56);
AT(stoker_source_v1, diff, 64);

SIZE(stoker_change, 104);
AT(stoker_change, path, 0);
AT(stoker_change, origin, 16);
AT(stoker_change, blob, 32);
AT(stoker_change, before, 48);
AT(stoker_change, after, 64);
AT(stoker_change, bytes, 80);
AT(stoker_change, op, 88);
AT(stoker_change, mode, 92);
AT(stoker_change, mapping, 96);
AT(stoker_change, reserved, 100);

SIZE(stoker_view, 48);
AT(stoker_view, struct_size, 0);
AT(stoker_view, reserved, 4);
AT(stoker_view, revision, 8);
AT(stoker_view, list, 24);
AT(stoker_view, read, 32);
AT(stoker_view, since, 40);

SIZE(stoker_strategy_v1, 96);
AT(stoker_strategy_v1, struct_size, 0);
AT(stoker_strategy_v1, reserved, 4);
AT(stoker_strategy_v1, create, 8);
AT(stoker_strategy_v1, destroy, 16);
AT(stoker_strategy_v1, recover, 24);
AT(stoker_strategy_v1, plan, 32);
AT(stoker_strategy_v1, content, 40);
AT(stoker_strategy_v1, adopt, 48);
AT(stoker_strategy_v1, stage, 56);
AT(stoker_strategy_v1, apply, 64);
AT(stoker_strategy_v1, revert, 72);
AT(stoker_strategy_v1, forget, 80);
AT(stoker_strategy_v1, inspect, 88);

SIZE(stoker_plan, 80);
AT(stoker_plan, struct_size, 0);
AT(stoker_plan, reserved, 4);
AT(stoker_plan, changes_count, 8);
AT(stoker_plan, run, 16);
AT(stoker_plan, digest, 32);
AT(stoker_plan, changes, 48);
AT(stoker_plan, content, 56);
AT(stoker_plan, list, 64);
AT(stoker_plan, read, 72);

SIZE(stoker_check, 56);
AT(stoker_check, status, 0);
AT(stoker_check, reserved, 4);
AT(stoker_check, name, 8);
AT(stoker_check, text, 24);
AT(stoker_check, remedy, 40);

SIZE(stoker_verifier_v1, 80);
AT(stoker_verifier_v1, struct_size, 0);
AT(stoker_verifier_v1, reserved, 4);
AT(stoker_verifier_v1, create, 8);
AT(stoker_verifier_v1, destroy, 16);
AT(stoker_verifier_v1, observe, 24);
AT(stoker_verifier_v1, admit, 32);
AT(stoker_verifier_v1, lock, 40);
AT(stoker_verifier_v1, verify, 48);
AT(stoker_verifier_v1, unlock, 56);
AT(stoker_verifier_v1, diagnose, 64);
AT(stoker_verifier_v1, probe, 72);

SIZE(stoker_hint, 72);
AT(stoker_hint, sync, 0);
AT(stoker_hint, reason, 16);
AT(stoker_hint, delivery, 32);
AT(stoker_hint, wish, 48);
AT(stoker_hint, urgent, 64);
AT(stoker_hint, reserved, 68);

SIZE(stoker_trigger_v1, 40);
AT(stoker_trigger_v1, struct_size, 0);
AT(stoker_trigger_v1, reserved, 4);
AT(stoker_trigger_v1, create, 8);
AT(stoker_trigger_v1, destroy, 16);
AT(stoker_trigger_v1, watch, 24);
AT(stoker_trigger_v1, next, 32);

SIZE(stoker_notifier_v1, 32);
AT(stoker_notifier_v1, struct_size, 0);
AT(stoker_notifier_v1, reserved, 4);
AT(stoker_notifier_v1, create, 8);
AT(stoker_notifier_v1, destroy, 16);
AT(stoker_notifier_v1, notify, 24);

#endif
