// A JSON value as YAML text in block style, the same for the same value: for files that are made by a program,
// committed, and read by people. Pure. [any thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <string>

namespace stoker::host {

std::string yaml_text(const boost::json::value& value);

}  // namespace stoker::host
