// JSON merge patch, RFC 7396. Pure. [any thread]
#pragma once

#include "json_text.hpp"

namespace stoker::local {

// Changes `target` as `patch` says: null removes a member, an object is merged, anything else replaces.
void merge(json::object& target, const json::object& patch);

}  // namespace stoker::local
