// The objects that `why`, `describe`, `history` and `diff` are asked about, as documents. A name without a kind may be
// that of a target or of a Sync. [main thread]
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

struct AskedObject {
  std::string name;
  std::string target, sync;  // documents; empty: there is no such object
};

// "press-1", "line-a", "st/press-1", "gs/line-a". A target comes with its Sync. A name that is that of a target and of
// a Sync is taken for the target. not_found: it is neither.
Result<AskedObject> asked_object(ObjectClient& client, const std::string& word, const std::string& name_space);

// Documents of all of a kind. An empty namespace: of all. `labels` and `fields` are selectors.
Result<std::vector<std::string>> documents(ObjectClient& client, const char* kind, const std::string& name_space,
                                           const std::string& labels = {}, const std::string& fields = {});
// The SyncTargets of this Sync.
Result<std::vector<std::string>> targets_of(ObjectClient& client, const std::string& sync,
                                            const std::string& name_space);

std::int64_t wall_ms();  // Unix time
// JSON text with line breaks.
std::string readable(const std::string& json_text);

}  // namespace stoker::host
