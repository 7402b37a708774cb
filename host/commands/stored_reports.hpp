// Reports as the status of SyncTargets and GatewaySyncs has them; and those of targets that get no Run, in words of
// their Sync. Pure. [any thread]
#pragma once

#include "host/values/report.hpp"

#include <boost/json/value.hpp>

namespace stoker::host {

// The Report at this place of a SyncTarget: "/status", or "/status/plan".
Report report_at(const boost::json::value& target, const std::string& pointer);
// The last one. A target that is held by the rollout is assigned nothing new, and the Report has that hold.
Report last_report(const boost::json::value& target);

// Of a target of this Sync.
Report failed_report(const std::string& target, const boost::json::value& sync, Stage stage, Error why);
Report held_report(const std::string& target, const boost::json::value& sync, const std::string& name,
                   std::string reason);
// Of a target whose Sync cannot be resolved, which therefore has no Run.
Report unresolved(const std::string& target, const boost::json::value& sync);

// "no route [git.dns]": the code at the end of the message becomes that of the error.
Error error_in_words(errc kind, std::string message);

}  // namespace stoker::host
