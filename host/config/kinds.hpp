// The kinds of objects that Stoker keeps, and the check of an object before it is stored. Their schemas are in
// object_schemas.hpp. Nothing here changes after the start, so that plugins may ask on their own threads. [any thread]
#pragma once

#include <stoker/abi/services.h>
#include <stoker/result.hpp>

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct Kind {
  std::string resource;  // "gatewaysyncs.stoker.io": the plural, and the group where there is one
  std::string group, version, kind, plural, singular;
  std::vector<std::string> short_names, categories;
  bool has_status = false;  // its status is a part of its own
  // "stoker.io/v1alpha1"
  std::string api_version() const { return group.empty() ? version : group + "/" + version; }
};

const std::vector<Kind>& kinds();
// By the resource itself; null when there is no such kind.
const Kind* kind_of(std::string_view resource);
// By what a person types: a resource, plural, singular, kind or short name in any case, with or without the group.
const Kind* kind_named(std::string_view typed);

// The document with all defaults, when it may be stored. `before`: the document that it replaces; empty when it is new.
// A field that breaks a rule which is newer than the object stays allowed as long as nobody changes it, so that an
// object of another version can still be written. errc::not_found "object.no-resource"; errc::invalid "object.invalid",
// whose message has one line for each mistake and whose detail is the list [{"pointer", "expected", "got"}].
Result<std::string> check_object(std::string_view resource, std::string_view before, std::string_view document);

// "stoker.kinds/1": the same for plugins. Its table is valid as long as this.
class KindsService {
 public:
  KindsService();
  const stoker_kinds* table() const { return &table_; }

 private:
  stoker_kinds table_;
};

}  // namespace stoker::host
