#include "host/api/object_requests.hpp"

#include "host/api/guarded_writes.hpp"
#include "host/api/names_of_writers.hpp"
#include "host/api/status_answer.hpp"
#include "host/config/json_schema.hpp"
#include "host/objects/applied.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds watch_max{3600};
constexpr int tries_max = 5;  // when others write at the same time

Error bad_request(std::string why) { return {errc::invalid, std::move(why), api_code::bad_request}; }

std::string parameter(const RequestTarget& target, std::string_view key) {
  const auto found = target.parameters.find(key);
  return found == target.parameters.end() ? std::string() : found->second;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::string text(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

Result<json::object> parsed(std::string_view body) {
  boost::system::error_code unreadable;
  json::parse_options options;
  options.max_depth = schema_depth_max;
  json::value value = json::parse(json::string_view(body.data(), body.size()), unreadable, {}, options);
  if (unreadable) return bad_request("the body is not JSON: " + unreadable.message());
  if (!value.is_object()) return bad_request("the body is not a JSON object");
  return std::move(value.get_object());
}

bool says_json(const ObjectRequest& request, std::string_view type) {
  const std::string_view said = std::string_view(request.content_type).substr(0, request.content_type.find(';'));
  return said == type;
}

Error other_media_type(std::string_view wanted) {
  return {errc::invalid, "the body has to be " + std::string(wanted), api_code::media_type};
}

ObjectKey key_of(const ObjectPath& path) { return {path.kind->resource, path.name_space, path.name}; }

// What the document says of itself has to be what the path says; what it leaves out is taken from there.
Result<void> agree(json::object& document, const ObjectPath& path, bool is_patch) {
  for (const auto& [field, wanted] :
       {std::pair("kind", path.kind->kind), std::pair("apiVersion", path.kind->api_version())}) {
    const json::value* said = document.if_contains(field);
    if (said && *said != json::value(wanted))
      return bad_request(std::string(field) + " is " + json::serialize(*said) + ", and the path is of " + wanted);
    if (!said && !is_patch) document[field] = wanted;
  }
  if (is_patch && !document.contains("metadata")) return {};
  json::value& metadata = document["metadata"];
  if (metadata.is_null()) metadata.emplace_object();
  if (!metadata.is_object()) return bad_request("metadata is no object");
  for (const auto& [field, wanted] : {std::pair("namespace", path.name_space), std::pair("name", path.name)}) {
    if (wanted.empty()) continue;  // the name of a new object
    const json::value* said = metadata.get_object().if_contains(field);
    if (said && *said != json::value(wanted))
      return bad_request("metadata." + std::string(field) + " is " + json::serialize(*said) +
                         ", and that of the path is " + wanted);
    if (!said && !is_patch) metadata.get_object()[field] = wanted;
  }
  return {};
}

// Into a document: what is null is taken out of it. Into a patch: null stays.
void put_annotations(json::object& into, const json::object& annotations, bool is_patch) {
  if (annotations.empty()) return;
  json::value& metadata = into["metadata"];
  if (!metadata.is_object()) metadata.emplace_object();
  json::value& all = metadata.get_object()["annotations"];
  if (!all.is_object() && !all.is_null()) return;  // the store says what is wrong with it
  if (all.is_null()) all.emplace_object();
  for (const auto& [key, value] : annotations) {
    if (value.is_null() && !is_patch)
      all.get_object().erase(key);
    else
      all.get_object()[key] = value;
  }
}

// ---------------------------------------------------------------- one answer for each method

Async<ObjectReply> read_one(ObjectStore& store, ObjectRequest request) {
  auto found = co_await store.get(key_of(request.target.path));
  if (!found) co_return std::move(found).error();
  co_return ObjectReply(200, std::move(found->document));
}

Async<ObjectReply> read_all(ObjectStore& store, ObjectRequest request) {
  const ObjectPath& path = request.target.path;
  const auto fields = FieldSelector::parse(parameter(request.target, "fieldSelector"));
  if (!fields) co_return fields.error();
  ObjectQuery query(path.kind->resource, path.name_space, parameter(request.target, "labelSelector"));
  auto listed = co_await store.list(std::move(query));
  if (!listed) co_return std::move(listed).error();
  std::string body = R"({"kind":")" + path.kind->kind + R"(List","apiVersion":")" + path.kind->api_version() +
                     R"(","metadata":{"resourceVersion":")" + std::to_string(listed->version) + R"("},"items":[)";
  bool first = true;
  for (const Object& object : listed->objects) {
    if (!fields->fits(object)) continue;
    if (!first) body += ',';
    first = false;
    body += object.document;
  }
  body += "]}";
  co_return ObjectReply(200, std::move(body));
}

Async<ObjectReply> create(ObjectStore& store, ObjectRequest request) {
  const ObjectPath& path = request.target.path;
  if (!says_json(request, "application/json")) co_return other_media_type("application/json");
  auto document = parsed(request.body);
  if (!document) co_return std::move(document).error();
  if (auto agrees = agree(*document, path, false); !agrees) co_return std::move(agrees).error();
  if (auto may = may_create(*path.kind); !may) co_return std::move(may).error();
  put_writer(*document, request.user);
  put_annotations(*document, pause_annotations(*path.kind, {}, *document, *document, request.user), false);
  auto stored = co_await store.insert(path.kind->resource, json::serialize(*document), request.user);
  if (!stored) co_return std::move(stored).error();
  co_return ObjectReply(201, std::move(stored->document));
}

Async<ObjectReply> replace(ObjectStore& store, ObjectRequest request) {
  const ObjectPath& path = request.target.path;
  if (!says_json(request, "application/json")) co_return other_media_type("application/json");
  auto document = parsed(request.body);
  if (!document) co_return std::move(document).error();
  if (auto agrees = agree(*document, path, false); !agrees) co_return std::move(agrees).error();
  if (text((*document)["metadata"].get_object(), "resourceVersion").empty()) {
    Error missing(errc::invalid, "metadata.resourceVersion: a replacement has to say which version it replaces",
                  "object.invalid");
    missing.detail = R"([{"pointer":"/metadata/resourceVersion","expected":"the present version","got":"nothing"}])";
    co_return missing;
  }
  auto found = co_await store.get(key_of(path));
  if (!found) co_return std::move(found).error();
  auto before = parsed(found->document);
  if (!before) co_return std::move(before).error();
  if (auto may = may_change(*path.kind, *before, *document); !may) co_return std::move(may).error();
  put_writer(*document, request.user, *before);
  put_annotations(*document, pause_annotations(*path.kind, *before, *document, *document, request.user), false);
  auto stored = co_await store.update(path.kind->resource, Part::spec, json::serialize(*document), request.user);
  if (!stored) co_return std::move(stored).error();
  co_return ObjectReply(200, std::move(stored->document));
}

Async<ObjectReply> patch(ObjectStore& store, ObjectRequest request) {
  const ObjectPath& path = request.target.path;
  if (!says_json(request, "application/merge-patch+json")) co_return other_media_type("application/merge-patch+json");
  auto sent = parsed(request.body);
  if (!sent) co_return std::move(sent).error();
  if (auto agrees = agree(*sent, path, true); !agrees) co_return std::move(agrees).error();
  put_writer(*sent, request.user);
  const bool has_rules = path.kind->kind == "SyncTarget" || path.kind->kind == "SyncApproval";
  for (int tries = 1;; ++tries) {
    json::object patch = *sent;
    bool is_bound = false;  // to the version that was looked at
    if (has_rules || may_pause(*path.kind, patch)) {
      auto found = co_await store.get(key_of(path));
      if (!found) co_return std::move(found).error();
      const auto before = parsed(found->document);
      const auto next = parsed(merged(found->document, json::serialize(patch)));
      if (!before || !next) co_return bad_request("the patch makes no object");
      if (auto may = may_change(*path.kind, *before, *next); !may) co_return std::move(may).error();
      const json::object annotations = pause_annotations(*path.kind, *before, *next, patch, request.user);
      keep_free_fields(*path.kind, patch);
      put_annotations(patch, annotations, true);
      json::value& metadata = patch["metadata"];
      if (metadata.is_null()) metadata.emplace_object();
      is_bound = may_pause(*path.kind, *sent) && text(metadata.get_object(), "resourceVersion").empty();
      if (is_bound) metadata.get_object()["resourceVersion"] = std::to_string(found->version);
    }
    auto stored = co_await store.patch(key_of(path), Part::spec, json::serialize(patch), request.user);
    const bool again = !stored && is_bound && stored.error().code == "object.conflict" && tries < tries_max;
    if (again) continue;
    if (!stored) co_return std::move(stored).error();
    co_return ObjectReply(200, std::move(stored->document));
  }
}

// The body says conditions, or nothing.
Async<ObjectReply> remove(ObjectStore& store, ObjectRequest request) {
  std::string uid;
  std::uint64_t version = 0;
  if (!request.body.empty()) {
    auto options = parsed(request.body);
    if (!options) co_return std::move(options).error();
    const json::value* conditions = options->if_contains("preconditions");
    if (conditions && !conditions->is_object()) co_return bad_request("preconditions is no object");
    static const json::object none;
    const json::object& of = conditions ? conditions->get_object() : none;
    uid = text(of, "uid");
    const std::string said = text(of, "resourceVersion");
    const auto number = number_of<std::uint64_t>(said);
    if (!said.empty() && (!number || *number == 0))
      co_return bad_request("preconditions.resourceVersion is no version");
    if (!said.empty()) version = *number;
  }
  auto gone = co_await store.remove(key_of(request.target.path), uid, version, request.user);
  if (!gone) co_return std::move(gone).error();
  co_return ObjectReply(200, std::move(gone->document));
}

Async<ObjectReply> dispatch(ObjectStore& store, ObjectRequest request) {
  const ObjectPath& path = request.target.path;
  const std::string method = request.method;
  const bool one = !path.name.empty();
  if (!path.kind || (!path.subresource.empty() && path.subresource != "status"))
    co_return Error(errc::not_found, "there is nothing at " + request.target.text, api_code::no_path);
  if (!path.subresource.empty() && method != "GET")
    co_return Error(errc::denied, "the status is written by Stoker alone", api_code::forbidden);
  if (method == "GET" && one) co_return co_await read_one(store, std::move(request));
  if (method == "GET") co_return co_await read_all(store, std::move(request));
  if (method == "POST" && !one && !path.name_space.empty()) co_return co_await create(store, std::move(request));
  if (method == "PUT" && one) co_return co_await replace(store, std::move(request));
  if (method == "PATCH" && one) co_return co_await patch(store, std::move(request));
  if (method == "DELETE" && one) co_return co_await remove(store, std::move(request));
  co_return Error(errc::invalid, method + " is not possible at " + request.target.text, api_code::method);
}

constexpr std::string_view selectable[] = {
    "metadata.name",       "metadata.namespace",       "involvedObject.kind",
    "involvedObject.name", "involvedObject.namespace", "involvedObject.uid",
};

}  // namespace

// ---------------------------------------------------------------- what is selected

Result<FieldSelector> FieldSelector::parse(const std::string& text) {
  FieldSelector selector;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const std::size_t sign = one.find('=');
    const std::string_view key = one.substr(0, sign);
    if (sign == std::string_view::npos ||
        std::find(std::begin(selectable), std::end(selectable), key) == std::end(selectable))
      return bad_request("fieldSelector: no objects are selected by '" + std::string(one.substr(0, 128)) + "'");
    std::string pointer = "/" + std::string(key);
    std::replace(pointer.begin(), pointer.end(), '.', '/');
    std::string_view value = one.substr(sign + 1);
    if (value.starts_with('=')) value.remove_prefix(1);  // "==" is "=" too
    selector.fields_.emplace_back(std::move(pointer), value);
  }
  return selector;
}

bool FieldSelector::fits(const Object& object) const {
  if (fields_.empty()) return true;
  const auto document = parsed(object.document);
  if (!document) return false;
  const json::value whole = *document;
  return std::all_of(fields_.begin(), fields_.end(), [&](const auto& field) {
    boost::system::error_code none;
    const json::value* found = whole.find_pointer(field.first, none);
    return found && *found == json::value(field.second);
  });
}

bool is_watch(const RequestTarget& target) {
  const std::string said = parameter(target, "watch");
  return said == "1" || said == "true";
}

Result<WatchRequest> watch_request(const ObjectRequest& request) {
  const ObjectPath& path = request.target.path;
  if (!path.kind || !path.name.empty())
    return Error(errc::not_found, "there is nothing to watch at " + request.target.text, api_code::no_path);
  if (request.method != "GET") return Error(errc::invalid, "a watch is a GET", api_code::method);
  ObjectQuery query(path.kind->resource, path.name_space, parameter(request.target, "labelSelector"));
  WatchRequest watch(std::move(query));
  auto fields = FieldSelector::parse(parameter(request.target, "fieldSelector"));
  if (!fields) return std::move(fields).error();
  watch.fields = std::move(*fields);
  const std::string from = parameter(request.target, "resourceVersion");
  const auto version = number_of<std::uint64_t>(from);
  if (!from.empty() && !version) return bad_request("resourceVersion is no version");
  watch.from = version.value_or(0);
  const std::string seconds = parameter(request.target, "timeoutSeconds");
  const auto longest = number_of<unsigned>(seconds);
  if (!seconds.empty() && (!longest || *longest == 0)) return bad_request("timeoutSeconds is no number of seconds");
  if (longest) watch.longest = std::min(std::chrono::seconds(*longest), watch_max);
  return watch;
}

// ---------------------------------------------------------------- answers

ObjectReply refusal(const Error& error, const ObjectPath& about) {
  return {http_code_of(error), json::serialize(status_object(error, about))};
}

asio::awaitable<ObjectReply> answer(ObjectStore& store, ObjectRequest request) {
  const ObjectPath about = request.target.path;
  auto reply = co_await dispatch(store, std::move(request));
  if (reply) co_return std::move(*reply);
  co_return refusal(reply.error(), about);
}

}  // namespace stoker::host
