// What the gateway fills in where a resource's config says nothing: an effective view shows more than the file holds.
#pragma once

#include <boost/json/object.hpp>

#include <string_view>

namespace ignition_sim {

// Of the types that tests use; empty for others.
boost::json::object default_config(std::string_view type);

// Members of `defaults` that `config` lacks, at every depth.
void fill_in(boost::json::object& config, const boost::json::object& defaults);

}  // namespace ignition_sim
