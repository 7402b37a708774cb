// Parts that the documents of this room share. Only its own .cpp files include this.
#pragma once

#include "host/base/json_fields.hpp"
#include "host/values/assignment.hpp"

namespace stoker::host {

boost::json::object document_of(const Hold& hold);
std::optional<Hold> hold_in(const JsonFields& from);  // its field "hold"

// The fields `format` to `hold`.
boost::json::object heading_of(const Assignment& assignment);
// The fields `profile` to `deadlines`.
void add_rules(boost::json::object& to, const Assignment& assignment);

}  // namespace stoker::host
