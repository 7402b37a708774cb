// The part of JSON Schema 2020-12 that settings are described in: type, properties, required, additionalProperties,
// items, enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems, minProperties, format (duration,
// bytes, uri, hostname), oneOf, default, $defs with local $ref, and our own x-stoker-secret. No patterns. This file is
// about the schema itself; a value is checked against it in validation.hpp. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <boost/json/fwd.hpp>

namespace stoker::host {

// Levels of a schema, and of a value that is checked against it.
constexpr int schema_depth_max = 64;

// Is this a schema that `validate` understands whole? A keyword it does not know would be a check not made.
Result<void> check_schema(const boost::json::value& schema);

// A local $ref followed; the schema itself when it has none.
const boost::json::value& schema_at(const boost::json::value& root, const boost::json::value& schema);

}  // namespace stoker::host
