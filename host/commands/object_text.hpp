// Objects as text that a program reads again: JSON with line breaks, YAML, or their names. None of it can control a
// terminal. Pure. [any thread]
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace stoker::host {

// What `-o` names. `text` is for people, and `wide` the same with more columns.
enum class ObjectOutput { text, wide, json, yaml, name };
inline bool is_for_people(ObjectOutput output) { return output == ObjectOutput::text || output == ObjectOutput::wide; }

std::string json_lines(const boost::json::value& value);  // with a line break at the end
std::string json_line(const boost::json::value& value);
std::string yaml_lines(const boost::json::value& value);
// {"apiVersion": "v1", "kind": "List", …}
boost::json::value list_object(std::vector<boost::json::value> items);

// "gatewaysync.stoker.io/line-a"
std::string qualified_name(const boost::json::value& object);
// Objects as json, yaml or name. Not `as_list`: the one object alone, or nothing.
std::string objects_text(std::vector<boost::json::value> objects, bool as_list, ObjectOutput output);

}  // namespace stoker::host
