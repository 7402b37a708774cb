// What an answer of the web port is made of: JSON, Jetty's page of an error.
#pragma once

#include <boost/json/value.hpp>

#include <string>

#include "support/ignition_sim/server.hpp"

namespace ignition_sim {

Answer json_answer(const boost::json::value& value, int status = 200);
// As Jetty writes it; without a message the status has its usual one.
Answer html_error(int status, const std::string& path, const std::string& message = {});
Answer redirect(const std::string& location);
Answer no_such_route(const Request& request);

}  // namespace ignition_sim
