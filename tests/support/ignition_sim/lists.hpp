// The lists of the web port: their envelope, and how a query filters, sorts and cuts one.
#pragma once

#include <boost/json/array.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/ignition_sim/server.hpp"

namespace ignition_sim {

// A whole number of the query.
std::int64_t number(const Request& request, const std::string& key, std::int64_t otherwise);

// Does every list understand this parameter: limit, offset, sortBy, search, or a filter `field[op]`?
bool is_list_parameter(std::string_view name);

// `more` are further parameters that this list understands. Any other filters everything away.
Answer envelope(const Request& request, boost::json::array all, std::initializer_list<std::string_view> more = {});

}  // namespace ignition_sim
