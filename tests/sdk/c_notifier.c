/* A notifier in plain C: the ABI without the glue. It logs the key of what it is told. */
#include <stoker/abi/notifier.h>
#include <stoker/abi/services.h>
#include <stoker/manifest_note.h>

#include <stdlib.h>
#include <string.h>

STOKER_MANIFEST("c_notifier.json");

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

struct stoker_notifier {
  const stoker_log* log;
};

static stoker_status create(const stoker_host* host, const stoker_call* call, stoker_str config,
                            stoker_notifier** out) {
  static const stoker_str log_id = TEXT(STOKER_LOG_ID);
  (void)config;
  *out = malloc(sizeof **out);
  if (!*out) {
    const stoker_error error = {sizeof error, STOKER_E_EXHAUSTED, 1, 0, TEXT(""), TEXT("out of memory"), TEXT("")};
    return call->fail(call, &error);
  }
  (*out)->log = host->query(host, log_id);
  return STOKER_OK;
}

static void destroy(stoker_notifier* self) { free(self); }

static stoker_status notify(stoker_notifier* self, const stoker_call* call, stoker_str key, stoker_str report) {
  (void)report;
  if (!key.len) {
    const stoker_error error = {sizeof error, STOKER_E_INVALID, 0, 0, TEXT("c.no-key"), TEXT("c: no key"), TEXT("")};
    return call->fail(call, &error);
  }
  if (self->log) self->log->write(self->log, call, STOKER_LOG_INFO, key, NULL, 0);
  return STOKER_OK;
}

static const stoker_notifier_v1 table = {sizeof table, 0, create, destroy, notify};

static const void* query(stoker_str id) {
  return id.len == strlen(STOKER_NOTIFIER_ID) && memcmp(id.ptr, STOKER_NOTIFIER_ID, id.len) == 0 ? &table : NULL;
}

static stoker_status open_plugin(const stoker_host* host, const stoker_call* call) {
  (void)host;
  (void)call;
  return STOKER_OK;
}

static void close_plugin(void) {}

const stoker_plugin stoker_plugin_entry = {
    sizeof stoker_plugin_entry,  STOKER_ABI_MAJOR, STOKER_ABI_MINOR, TEXT(STOKER_PLUGIN_ID),
    TEXT(STOKER_PLUGIN_VERSION), open_plugin,      close_plugin,     query};
