// Verifiers whose table is written by hand: the glue does not let such through.
#include <stoker/abi/verifier.h>
#include <stoker/manifest_note.h>

#include <cstring>

STOKER_MANIFEST(FAULT_MANIFEST);

namespace {

const stoker_verifier_v1 table = [] {
  stoker_verifier_v1 t{};
  t.struct_size = sizeof t;
  t.create = [](const stoker_host*, const stoker_call*, stoker_str, stoker_verifier**) -> stoker_status {
    return STOKER_OK;
  };
  t.destroy = [](stoker_verifier*) {};
#ifdef FAULT_LOCK_ALONE
  t.lock = [](stoker_verifier*, const stoker_call*, stoker_str, const stoker_plan*, stoker_decision_sink,
              stoker_text_sink) -> stoker_status { return STOKER_OK; };
#endif
  return t;
}();

const void* query(stoker_str id) {
  const bool verifier =
      id.len == std::strlen(STOKER_VERIFIER_ID) && std::memcmp(id.ptr, STOKER_VERIFIER_ID, id.len) == 0;
  return verifier ? &table : nullptr;
}

stoker_status open(const stoker_host*, const stoker_call*) { return STOKER_OK; }
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
