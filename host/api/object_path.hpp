// The paths under which objects are served: those of a Kubernetes API server. Pure. [any thread]
#pragma once

#include "host/config/kinds.hpp"

#include <map>
#include <string>
#include <string_view>

namespace stoker::host {

// "/apis/stoker.io/v1alpha1/namespaces/default/gatewaysyncs/line-a/status", taken apart.
struct ObjectPath {
  const Kind* kind = nullptr;
  std::string name_space, name, subresource;  // each may be empty
  ObjectPath() = default;
  ObjectPath(const Kind& of, std::string space, std::string one = {})
      : kind(&of), name_space(std::move(space)), name(std::move(one)) {}
};

using Parameters = std::map<std::string, std::string, std::less<>>;

// What a request line names. `path.kind` is null when there is nothing of ours at this path.
struct RequestTarget {
  std::string text;  // the path, decoded
  ObjectPath path;
  Parameters parameters;
};

// errc::invalid "api.bad-request": no target of a request.
Result<RequestTarget> request_target(std::string_view target);
// The same, written.
std::string target_of(const ObjectPath& path, const Parameters& parameters = {});

}  // namespace stoker::host
