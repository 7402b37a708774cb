// How an error crosses the socket: as a `Status` object of Kubernetes, with an HTTP code. Both sides of the socket use
// the same table. Pure. [any thread]
#pragma once

#include "host/api/object_path.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace stoker::host {

// Errors that the server itself has, beside those of an ObjectStore.
namespace api_code {
inline constexpr const char* bad_request = "api.bad-request";
inline constexpr const char* no_path = "api.no-path";
inline constexpr const char* method = "api.method";
inline constexpr const char* forbidden = "api.forbidden";
inline constexpr const char* too_large = "api.too-large";
inline constexpr const char* header = "api.header";
inline constexpr const char* media_type = "api.media-type";
inline constexpr const char* busy = "api.busy";
}  // namespace api_code

unsigned http_code_of(const Error& error);
// details.causes has what the detail of the error lists; `field` of a cause is a JSON pointer.
boost::json::object status_object(const Error& error, const ObjectPath& about = {});

// The error that such an answer tells of. Its detail is a list [{"pointer", "message"}] where there are causes.
Error error_of_status(unsigned http_code, std::string_view body);

}  // namespace stoker::host
