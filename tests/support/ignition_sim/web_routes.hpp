// The routes of the web port, by noun. web.cpp asks for a token first and hands each request to one of these.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "support/ignition_sim/routes.hpp"

namespace ignition_sim {

// Without a token: StatusPing, gwinfo.
Answer status_ping(const Machine& machine);
Answer gwinfo(const Machine& machine);

// Who is at Perspective pages; its module has a path of its own, with a slash at the end.
std::optional<Answer> perspective_route(const Machine& machine, const Request& request);

// With one. `route` is what follows /data/api/v1/; nothing: it is none of theirs.
std::optional<Answer> gateway_route(Machine& machine, const Request& request, std::string_view route);
std::optional<Answer> project_route(const Machine& machine, const Request& request, std::string_view route);
std::optional<Answer> session_route(const Machine& machine, const Request& request, std::string_view route);
std::optional<Answer> log_route(const Machine& machine, const Request& request, std::string_view route);
std::optional<Answer> resource_route(Machine& machine, const Request& request, std::string_view route);
// What is wrong with the body of a request for the scan lock; nothing for any other request.
std::optional<Answer> lock_body_fault(const Request& request);
// Replies at once, or when the lock is taken; false: it is none of theirs.
bool scan_route(Machine& machine, const Request& request, std::string_view route, const std::string& actor,
                const Reply& reply);

}  // namespace ignition_sim
