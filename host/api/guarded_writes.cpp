#include "host/api/guarded_writes.hpp"

#include "host/api/status_answer.hpp"
#include "host/config/kinds.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr const char* paused_by = "stoker.io/paused-by";
constexpr const char* paused_because = "stoker.io/paused-because";
constexpr const char* paused = "stoker.io/paused";

bool is_target(const Kind& kind) { return kind.kind == "SyncTarget"; }

Error of_host() {
  return {errc::denied,
          "a SyncTarget is written by Stoker alone, but for metadata.labels and metadata.annotations: its agent does "
          "what the spec says",
          api_code::forbidden};
}

const json::object* object_in(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found ? found->if_object() : nullptr;
}

const json::value* in_annotations(const json::object& document, std::string_view key) {
  const json::object* metadata = object_in(document, "metadata");
  const json::object* annotations = metadata ? object_in(*metadata, "annotations") : nullptr;
  return annotations ? annotations->if_contains(key) : nullptr;
}

bool is_paused(const Kind& kind, const json::object& document) {
  if (is_target(kind)) {
    const json::value* said = in_annotations(document, paused);
    return said && *said == json::value("true");
  }
  const json::object* spec = object_in(document, "spec");
  const json::value* said = spec ? spec->if_contains("paused") : nullptr;
  return said && said->is_bool() && said->get_bool();
}

bool has_pause(const Kind& kind) { return is_target(kind) || kind.kind == "GatewaySync"; }

// What is for others, what the store keeps to itself, and what the path says.
bool is_free(std::string_view metadata_field) {
  constexpr std::string_view fields[] = {"annotations",  "labels",
                                         "name",         "namespace",
                                         "uid",          "resourceVersion",
                                         "generation",   "creationTimestamp",
                                         "selfLink",     "deletionTimestamp",
                                         "managedFields"};
  return std::find(std::begin(fields), std::end(fields), metadata_field) != std::end(fields);
}

// The rest, which has to stay.
json::object bound_metadata(const json::object& document) {
  json::object bound;
  if (const json::object* metadata = object_in(document, "metadata"))
    for (const auto& [key, value] : *metadata)
      if (!is_free(key)) bound[key] = value;
  return bound;
}

json::value spec_of(const json::object& document) {
  const json::value* spec = document.if_contains("spec");
  return spec ? *spec : json::value();
}

}  // namespace

Result<void> may_create(const Kind& kind) {
  if (is_target(kind)) return of_host();
  if (kind.kind == "SyncApproval")
    return Error(errc::incompatible, "approvals are not available in this version", "api.not-available");
  return {};
}

Result<void> may_change(const Kind& kind, const json::object& stored, const json::object& next) {
  if (!is_target(kind)) return may_create(kind);
  if (spec_of(stored) != spec_of(next) || bound_metadata(stored) != bound_metadata(next)) return of_host();
  return {};
}

void keep_free_fields(const Kind& kind, json::object& patch) {
  if (!is_target(kind)) return;
  patch.erase("spec");
  json::value* metadata = patch.if_contains("metadata");
  if (!metadata || !metadata->is_object()) return;
  const json::object bound = bound_metadata(patch);
  for (const auto& field : bound) metadata->get_object().erase(field.key());
}

bool may_pause(const Kind& kind, const json::object& patch) {
  if (is_target(kind)) {
    const json::object* metadata = object_in(patch, "metadata");
    const json::value* annotations = metadata ? metadata->if_contains("annotations") : nullptr;
    return annotations && (!annotations->is_object() || annotations->get_object().contains(paused));
  }
  const json::value* spec = patch.if_contains("spec");
  return has_pause(kind) && spec && (!spec->is_object() || spec->get_object().contains("paused"));
}

json::object pause_annotations(const Kind& kind, const json::object& stored, const json::object& next,
                               const json::object& sent, const std::string& user) {
  json::object annotations;
  if (!has_pause(kind) || is_paused(kind, stored) == is_paused(kind, next)) return annotations;
  if (is_paused(kind, next)) {
    annotations[paused_by] = user;
    const json::value* why = in_annotations(sent, paused_because);
    const json::value* before = in_annotations(stored, paused_because);
    if (before && (!why || *why == *before)) annotations[paused_because] = nullptr;  // of an earlier pause
  } else {
    annotations[paused_by] = nullptr;
    annotations[paused_because] = nullptr;
  }
  return annotations;
}

}  // namespace stoker::host
