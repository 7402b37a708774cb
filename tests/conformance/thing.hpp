// The kind that the suite writes: Thing of conformance.stoker.io. Its schema is here as a check in C++, for a platform
// that asks the host, and in thing.crd.yaml, for an API server. Both say the same: the table of good and bad objects
// (schema_test.cpp) shows it.
#pragma once

#include <stoker/host.hpp>

#include <string>
#include <string_view>

namespace conformance {

inline constexpr const char* things = "things.conformance.stoker.io";

stoker::Kinds::Kind thing_kind();

// The document with its defaults, or errc::invalid with all that is wrong. `before`: the document that it replaces.
stoker::Result<std::string> check_thing(std::string_view resource, std::string_view before, std::string_view document);

}  // namespace conformance
