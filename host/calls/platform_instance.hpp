// An instance of a platform: it keeps objects and tells of their changes.
#pragma once

#include "host/calls/instance.hpp"

#include <stoker/abi/platform.h>
#include <stoker/records.hpp>

namespace stoker::host {

struct ObjectQuery {
  std::string resource, name_space, labels;  // empty: of all; see stoker_query
  // No aggregate: see host/base/async.hpp.
  explicit ObjectQuery(std::string r, std::string s = {}, std::string l = {})
      : resource(std::move(r)), name_space(std::move(s)), labels(std::move(l)) {}
};

// All objects of a query, as they were at one version.
struct ListedObjects {
  std::vector<Object> objects;
  std::uint64_t version = 0;
  ListedObjects() = default;  // no aggregate: see host/base/async.hpp
};

class PlatformInstance : public Instance<stoker_platform_v1, stoker_platform> {
 public:
  using Instance::Instance;
  Async<Object> get(CallLimits limits, ObjectKey key);
  Async<ListedObjects> list(CallLimits limits, ObjectQuery query);
  // A `document` is JSON text; `by` says who writes. Each write gives the object as it is stored then.
  Async<Object> insert(CallLimits limits, std::string resource, std::string document, std::string by);
  Async<Object> update(CallLimits limits, std::string resource, Part part, std::string document, std::string by);
  Async<Object> patch(CallLimits limits, ObjectKey key, Part part, std::string patch, std::string by);
  Async<Object> remove(CallLimits limits, ObjectKey key, std::string uid, std::uint64_t version, std::string by);
  // The number that the events of this watch carry.
  Async<std::uint64_t> watch(CallLimits limits, ObjectQuery query, std::uint64_t from);
  // Does not wait.
  void unwatch(std::uint64_t number);
  // Events until the deadline: none is an empty list. Blocks a thread of `own` all the time, and no other.
  Async<std::vector<ObjectEvent>> next(Workers& own, CallLimits limits);

 private:
  using Ask = std::function<stoker_status(const Parts&, const stoker_call*, stoker_object_sink)>;
  Async<Object> one(std::string verb, CallLimits limits, Ask ask);
};

}  // namespace stoker::host
