// What `defaults:` in stoker.yaml says for all Syncs of this machine. Its fields have the places that they have in the
// spec of a GatewaySync, and their schemas are taken from there. None of them has a default in the schema of the Sync:
// that would be stored with the object, and nobody could tell it from what a user wrote. [any thread]
#pragma once

#include "host/values/sync_spec.hpp"

#include <boost/json/fwd.hpp>

#include <string_view>
#include <vector>

namespace stoker::host {

struct SyncDefaults {
  std::optional<std::chrono::milliseconds> polling_interval;
  SyncProfile rules;  // what each profile has before its Sync says anything
};

// The fields, as pointers into the spec of a GatewaySync.
const std::vector<std::string_view>& sync_default_fields();
// The schema of `defaults:`.
boost::json::value sync_defaults_schema();
// Of a value that matches the schema.
SyncDefaults read_sync_defaults(const boost::json::object& written);

// Takes over what `defaults` or a profile of a GatewaySync says, of the rules with one value.
void take_rules(const boost::json::object& from, SyncProfile& into);

}  // namespace stoker::host
