// The subset of JSON Schema 2020-12 in which settings are described: type, properties, required, additionalProperties,
// items, enum, const, minimum, maximum, minLength, maxLength, minItems, maxItems, minProperties, format (duration,
// bytes, uri, web-url, https-url, hostname, secret-name), formatMinimum and formatMaximum (of a duration or bytes,
// written alike), oneOf, default, writeOnly, $defs with local $ref, and our own x-stoker-secret. No patterns. This file
// is about the schema itself; a value is checked against it in validation.hpp. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <boost/json/fwd.hpp>

namespace stoker::host {

// Levels of a schema, and of a value that is checked against it.
constexpr int schema_depth_max = 64;
constexpr int object_depth_max = 30;  // of an object that is stored; no schema of ours comes near

// Fails when `validate` does not know a keyword or a format of the schema. It would ignore it, and so skip a check that
// the author of the schema relies on. Fails too when a default does not fit the schema that it stands in.
Result<void> check_schema(const boost::json::value& schema);

// The schema that a local $ref leads to; the schema itself when it has no $ref.
const boost::json::value& schema_at(const boost::json::value& root, const boost::json::value& schema);

}  // namespace stoker::host
