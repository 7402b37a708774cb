// What applying a file means, as on a cluster: the object gets what the file says, loses what the file said before and
// says no more, and keeps what others wrote into it. What was applied last is kept in an annotation of the object.
// Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::host {

inline constexpr const char* last_applied = "stoker.io/last-applied";
inline constexpr const char* applied_from = "stoker.io/applied-from";

// The document of a new object. `from`: where it comes from ("/etc/stoker/syncs/a.yaml"); empty: from nowhere that is
// watched.
std::string applied_document(std::string_view written, const std::string& from);

// The merge patch that makes `live`, a stored object, what `written` says. Empty: that was applied already, so what
// others wrote since stays. `again`: what others wrote over fields of the file is taken back too.
std::string applied_patch(std::string_view live, std::string_view written, const std::string& from, bool again);

// The document after a JSON merge patch (RFC 7396).
std::string merged(std::string_view document, std::string_view patch);

}  // namespace stoker::host
