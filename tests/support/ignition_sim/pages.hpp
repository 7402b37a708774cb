// What an answer of the web port is made of: JSON, Jetty's page of an error, the envelope of a list.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <string>

#include "support/ignition_sim/server.hpp"

namespace ignition_sim {

Answer json_answer(const boost::json::value& value, int status = 200);
// As Jetty writes it; without a message the status has its usual one.
Answer html_error(int status, const std::string& path, const std::string& message = {});
Answer redirect(const std::string& location);
Answer no_such_route(const Request& request);

// A whole number of the query.
std::int64_t number(const Request& request, const std::string& key, std::int64_t otherwise);
Answer envelope(const Request& request, boost::json::array all);

}  // namespace ignition_sim
