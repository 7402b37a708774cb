// The errors that a platform answers with, with the codes of stoker/abi/platform.h. Pure. [any thread]
#pragma once

#include <stoker/records.hpp>

#include <string>
#include <string_view>

namespace stoker::local {

// "gatewaysyncs.stoker.io default/line-a", as messages name an object.
std::string named(const ObjectKey& key);

Error not_found(const ObjectKey& key);
Error exists(const ObjectKey& key);
// `what` is "resourceVersion" or "uid".
Error conflict(const ObjectKey& key, std::string_view what, std::string_view wanted, std::string_view present);
// One thing that is wrong. `detail` has it as [{"pointer", "expected", "got"}].
Error invalid(std::string_view pointer, std::string_view expected, std::string_view got);
Error expired(std::uint64_t from, std::string_view why);
Error no_resource(std::string_view resource);

}  // namespace stoker::local
