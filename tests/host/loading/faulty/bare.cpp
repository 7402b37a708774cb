// Plugins whose entry is written by hand, so that it can be wrong where the glue cannot.
#include <stoker/abi/notifier.h>
#include <stoker/manifest_note.h>

#include <cstring>

#ifdef FAULT_MANIFEST
STOKER_MANIFEST(FAULT_MANIFEST);
#endif

namespace {

#ifdef FAULT_SHORT_TABLE
constexpr uint32_t table_bytes = sizeof(stoker_notifier_v1) - sizeof(void*);
#else
constexpr uint32_t table_bytes = sizeof(stoker_notifier_v1);
#endif

const stoker_notifier_v1 table = {
    table_bytes, 0, [](const stoker_host*, const stoker_call*, stoker_str, stoker_notifier**) { return STOKER_OK; },
    [](stoker_notifier*) {}, [](stoker_notifier*, const stoker_call*, stoker_str, stoker_str) { return STOKER_OK; }};

const void* query(stoker_str id) {
  const bool notifier =
      id.len == std::strlen(STOKER_NOTIFIER_ID) && std::memcmp(id.ptr, STOKER_NOTIFIER_ID, id.len) == 0;
  return notifier ? &table : nullptr;
}

stoker_status open(const stoker_host*, const stoker_call*) { return STOKER_E_UNREACHABLE; }
void close() {}

}  // namespace

extern "C" const stoker_plugin stoker_plugin_entry = {sizeof(stoker_plugin),
                                                      STOKER_ABI_MAJOR,
                                                      STOKER_ABI_MINOR,
                                                      {STOKER_PLUGIN_ID, sizeof(STOKER_PLUGIN_ID) - 1},
                                                      {STOKER_PLUGIN_VERSION, sizeof(STOKER_PLUGIN_VERSION) - 1},
                                                      open,
                                                      close,
                                                      query};
