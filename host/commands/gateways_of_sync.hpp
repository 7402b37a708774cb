// What a GatewaySync says of its targets: which it has, and why one of them, or none, is assigned anything. Pure.
// [any thread]
#pragma once

#include <boost/json/value.hpp>

#include <string>

namespace stoker::host {

// What the Sync says of its targets; null: nobody has looked at it yet.
const boost::json::array* gateways_in(const boost::json::value& sync);
// Null: it does not know this target.
const boost::json::value* gateway_in(const boost::json::value& sync, const std::string& name);

// Why nobody looks at this Sync. Empty: it can be used.
std::string why_unusable(const boost::json::value& sync);
// Why nothing is assigned to this target. Empty: something is.
std::string trouble_of(const boost::json::value& sync, const std::string& target);
// Why no Run of this SyncTarget comes. Empty: its agent can open it.
std::string why_not_open(const boost::json::value& target);
// That the Sync, or the profile of this target, is paused, and by whom. Empty: neither is.
std::string pause_of(const boost::json::value& sync, const std::string& target);

}  // namespace stoker::host
