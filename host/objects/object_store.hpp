// The objects of a fleet, as the parts of the host use them: read, written and watched, without knowing which platform
// keeps them. The role makes one; the exchange, the controller and the socket use it. [event loop]
//
// Errors are those of stoker/abi/platform.h: not_found, conflict ("object.exists", "object.conflict"), invalid
// ("object.invalid", with a list in the detail), denied, unreachable. After `unreachable` nobody knows whether a write
// was done: read again.
#pragma once

#include "host/base/async.hpp"
#include "host/calls/platform_instance.hpp"

#include <functional>
#include <memory>

namespace stoker::host {

namespace resource {
inline constexpr const char* gateway_syncs = "gatewaysyncs.stoker.io";
inline constexpr const char* sync_targets = "synctargets.stoker.io";
inline constexpr const char* events = "events";
}  // namespace resource

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual Async<Object> get(ObjectKey key) = 0;
  virtual Async<ListedObjects> list(ObjectQuery query) = 0;
  // `document` is JSON text; `by` names who writes. Each write gives the object as it is stored then.
  virtual Async<Object> insert(std::string resource, std::string document, std::string by) = 0;
  virtual Async<Object> update(std::string resource, Part part, std::string document, std::string by) = 0;
  virtual Async<Object> patch(ObjectKey key, Part part, std::string patch, std::string by) = 0;
  // `uid` and `version` are conditions unless they are empty and 0.
  virtual Async<Object> remove(ObjectKey key, std::string uid, std::uint64_t version, std::string by) = 0;

  // `told` is called with each event after version `from`, in order, until the watch is destroyed. After an event
  // `expired` nothing comes any more: list again. A watch that has begun is never null.
  using Told = std::function<void(const ObjectEvent&)>;
  using Watch = std::shared_ptr<const void>;
  virtual Async<Watch> watch(ObjectQuery query, std::uint64_t from, Told told) = 0;
};

// Who writes for the host itself.
inline constexpr const char* written_by_host = "stoker";

}  // namespace stoker::host
