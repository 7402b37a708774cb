// The objects that people name in a command: how they write a name, and how it is found. A name without a kind may be
// that of a target or of a Sync. [main thread]
#pragma once

#include "host/commands/host_client.hpp"

namespace stoker::host {

// "press-1", "st/press-1", "gs/line-a" as people write it. Nothing is asked for it.
struct AskedName {
  bool is_target = false, is_sync = false;  // neither: the word names no kind
  std::string name;
};
// errc::invalid: it names another kind.
Result<AskedName> asked_name(const std::string& word);
// Where only a target can be meant: "press-1" or "st/press-1". An empty word stays empty.
Result<std::string> target_named(const std::string& word);

struct AskedObject {
  std::string name;
  std::string target, sync;  // documents; empty: there is no such object
};

// "press-1", "line-a", "st/press-1", "gs/line-a". A target comes with its Sync. A name that is that of a target and of
// a Sync is taken for the target. not_found: it is neither.
Result<AskedObject> asked_object(ObjectClient& client, const std::string& word, const std::string& name_space);

// Those of these names. One that is not there is said, makes `code` that of bad usage, and the others are still found.
Result<std::vector<boost::json::value>> objects_named(ObjectClient& client, const NamedObjects& wanted,
                                                      const std::string& name_space, std::ostream& err, int& code);

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
