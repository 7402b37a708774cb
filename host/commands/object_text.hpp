// Objects as text that a program reads again: JSON with line breaks, or YAML. Neither can control a terminal. Pure.
// [any thread]
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace stoker::host {

std::string json_lines(const boost::json::value& value);  // with a line break at the end
std::string json_line(const boost::json::value& value);
std::string yaml_lines(const boost::json::value& value);
// {"apiVersion": "v1", "kind": "List", …}
boost::json::value list_object(std::vector<boost::json::value> items);

}  // namespace stoker::host
