// The schemas of the objects that Stoker knows. They stand in host/config/schemas and are compiled in. Validation, the
// CustomResourceDefinitions and the users' page are made from them and from nothing else. [any thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct SchemaText {
  std::string_view name, text;
};
const std::vector<SchemaText>& schema_texts();

// The whole schema of a kind by its name in the singular ("gatewaysync"). What all kinds share is in its $defs.
const boost::json::value& object_schema(std::string_view singular);

// A schema that stands in another one by its $ref, with what is said beside the $ref, and with secret references
// written out as the maps that they are. Not what lies below it.
boost::json::object opened_schema(const boost::json::value& root, const boost::json::value& schema);

// The whole schema for editors: with standard keywords wherever there are any. JSON text.
std::string editor_schema(std::string_view singular);

}  // namespace stoker::host
