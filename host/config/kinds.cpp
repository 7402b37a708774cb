// The table of kinds, and the steps of the check in their order.
#include "host/config/kinds.hpp"

#include "host/config/gateway_sync.hpp"
#include "host/config/json_schema.hpp"
#include "host/config/object_metadata.hpp"
#include "host/config/object_schemas.hpp"

#include <stoker/abi/platform.h>
#include <stoker/call.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>

namespace stoker::host {
namespace {

namespace json = boost::json;

bool equal_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return x == y || (x < 128 && y < 128 && std::tolower(x) == std::tolower(y));
  });
}

std::optional<json::value> parsed(std::string_view text) {
  boost::system::error_code unreadable;
  json::parse_options options;
  options.max_depth = object_depth_max;
  json::value value = json::parse(text, unreadable, {}, options);
  if (unreadable) return std::nullopt;
  return value;
}

const json::value* at(const json::value& document, std::string_view pointer) {
  boost::system::error_code none;
  return document.find_pointer(pointer, none);
}

bool may_be_null(const json::object& schema) {
  const json::value* type = schema.if_contains("type");
  const json::array* names = type ? type->if_array() : nullptr;
  return names && std::find(names->begin(), names->end(), json::value("null")) != names->end();
}

// The value as a cluster would keep it: a null is nothing where null is no value, and 60.0 is 60 where a whole number
// is wanted. What the schema does not describe stays.
json::value as_kept(const json::value& root, const json::value& any_schema, const json::value& value, int depth = 0) {
  const json::object* schema = schema_at(root, any_schema).if_object();
  if (!schema || depth > schema_depth_max) return value;
  if (value.is_double() && schema->contains("type") && schema->at("type") == "integer") {
    const double number = value.get_double();
    const bool whole = number == std::floor(number) && std::abs(number) <= 9007199254740991.0;
    return whole ? json::value(static_cast<std::int64_t>(number)) : value;
  }
  if (const json::array* items = value.if_array(); items && schema->contains("items")) {
    json::array kept;
    for (const json::value& item : *items) kept.push_back(as_kept(root, schema->at("items"), item, depth + 1));
    return kept;
  }
  if (!value.is_object()) return value;
  const json::value* named = schema->if_contains("properties");
  const json::value* others = schema->if_contains("additionalProperties");
  json::object kept;
  for (const auto& [key, entry] : value.get_object()) {
    const json::value* described = named ? named->as_object().if_contains(key) : nullptr;
    if (!described && others && others->is_object()) described = others;
    const json::object* below = described ? schema_at(root, *described).if_object() : nullptr;
    if (below && entry.is_null() && !may_be_null(*below)) continue;
    kept.emplace(key, described ? as_kept(root, *described, entry, depth + 1) : entry);
  }
  return kept;
}

// The token tells a new assignment from an old one. An agent would ignore one that is lower.
void check_token(const json::value& before, const json::value& document, std::vector<Violation>& found) {
  const json::value *last = at(before, "/spec/token"), *next = at(document, "/spec/token");
  if (!last || !next || !last->is_number() || !next->is_number()) return;
  if (next->to_number<double>() < last->to_number<double>())
    found.push_back({"/spec/token", "at least " + json::serialize(*last) + ", the token before", describe(*next)});
}

// Is what the violation is about the same as before? Then it is not this write that breaks the rule.
bool stood_before(const Violation& violation, const json::value& before, const json::value& document) {
  if (violation.pointer.empty() || violation.pointer == "/apiVersion" || violation.pointer == "/kind") return false;
  const json::value *was = at(before, violation.pointer), *is = at(document, violation.pointer);
  return was && is ? *was == *is : !was && !is;
}

std::vector<Violation> violations_of(const Kind& kind, const json::value& document) {
  std::vector<Violation> found;
  if (kind.singular == "gatewaysync") {
    found = gateway_sync_violations(document);
  } else {
    found = validate(object_schema(kind.singular), document);
    for (Violation& v : annotation_violations(document, false)) found.push_back(std::move(v));
  }
  add_metadata_violations(document, found);
  return found;
}

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"gatewaysyncs.stoker.io",
       "stoker.io",
       "v1alpha1",
       "GatewaySync",
       "gatewaysyncs",
       "gatewaysync",
       {"gs", "stk"},
       {"stokers"},
       true},
      {"synctargets.stoker.io", "stoker.io", "v1alpha1", "SyncTarget", "synctargets", "synctarget", {"st"}, {}, true},
      {"syncapprovals.stoker.io",
       "stoker.io",
       "v1alpha1",
       "SyncApproval",
       "syncapprovals",
       "syncapproval",
       {"sya"},  // `sa` are the service accounts of a cluster
       {},
       false},
      {"events", "", "v1", "Event", "events", "event", {"ev"}, {}, false}};
  return all;
}

const Kind* kind_of(std::string_view resource) {
  const auto found =
      std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.resource == resource; });
  return found == kinds().end() ? nullptr : &*found;
}

const Kind* kind_named(std::string_view typed) {
  const std::size_t dot = typed.find('.');
  const std::string_view name = typed.substr(0, dot);
  const std::string_view group = dot == std::string_view::npos ? std::string_view() : typed.substr(dot + 1);
  for (const Kind& k : kinds()) {
    const bool short_name = std::any_of(k.short_names.begin(), k.short_names.end(),
                                        [&](const std::string& one) { return equal_letters(one, name); });
    const bool named = short_name || equal_letters(k.plural, name) || equal_letters(k.singular, name);
    const bool in_group = dot == std::string_view::npos || equal_letters(k.group, group) ||
                          equal_letters(k.version + "." + k.group, group);
    if (named && in_group) return &k;
  }
  return nullptr;
}

Result<std::string> check_object(std::string_view resource, std::string_view before, std::string_view document) {
  const Kind* kind = kind_of(resource);
  if (!kind) return Error(errc::not_found, "there is no resource " + describe_key(resource), "object.no-resource");
  if (document.size() > STOKER_OBJECT_BYTES_MAX)
    return object_error(kind->kind, {{"", "at most 1 MiB", std::to_string(document.size()) + " bytes"}});
  std::optional<json::value> value = parsed(document);
  if (!value) return object_error(kind->kind, {{"", "JSON", "other text"}});
  const json::value& schema = object_schema(kind->singular);
  value = as_kept(schema, schema, *value);
  std::vector<Violation> found = violations_of(*kind, *value);
  if (const auto replaced = before.empty() ? std::nullopt : parsed(before)) {
    std::erase_if(found, [&](const Violation& v) { return stood_before(v, *replaced, *value); });
    if (kind->singular == "synctarget") check_token(*replaced, *value, found);
  }
  if (!found.empty()) return object_error(object_label(*value), found);
  return json::serialize(complete(schema, *value));
}

namespace {

std::string_view text_of(stoker_str s) { return s.len ? std::string_view(s.ptr, s.len) : std::string_view(); }
stoker_str str_of(std::string_view s) { return {s.data(), s.size()}; }

stoker_status list_kinds(stoker_kind_sink to) {
  std::vector<stoker_kind> records;
  for (const Kind& k : kinds())
    records.push_back({str_of(k.resource), str_of(k.group), str_of(k.version), str_of(k.kind), str_of(k.plural),
                       k.has_status ? 1u : 0u, 0});
  return to.put(to.to, records.data(), records.size());
}

stoker_status put_error(const Error& why, stoker_error_sink to) {
  const stoker_error record = glue::to_record(why);
  const stoker_status refused = to.put(to.to, &record, 1);
  return refused ? refused : record.status;
}

}  // namespace

KindsService::KindsService() : table_{} {
  table_.struct_size = sizeof(stoker_kinds);
  table_.list = [](const stoker_kinds*, stoker_kind_sink to) -> stoker_status {
    try {
      return list_kinds(to);
    } catch (const std::exception&) {
      return STOKER_E_INTERNAL;
    }
  };
  table_.check = [](const stoker_kinds*, stoker_str resource, stoker_str before, stoker_str document,
                    stoker_text_sink complete, stoker_error_sink errors) -> stoker_status {
    try {
      const auto checked = check_object(text_of(resource), text_of(before), text_of(document));
      if (!checked) return put_error(checked.error(), errors);
      const stoker_str record = str_of(*checked);
      return complete.put(complete.to, &record, 1);
    } catch (const std::bad_alloc&) {
      return STOKER_E_EXHAUSTED;
    } catch (const std::exception&) {
      return STOKER_E_INTERNAL;
    }
  };
}

}  // namespace stoker::host
