#include "host/api/status_answer.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t message_max = 65536;

// `code`: of the error; null: any other of this kind. The first line that fits counts, in both directions.
struct Line {
  errc kind;
  const char* code;
  unsigned http;
  const char* reason;
};
constexpr Line lines[] = {
    {errc::not_found, "object.not-found", 404, "NotFound"},
    {errc::not_found, "object.expired", 410, "Expired"},
    {errc::not_found, api_code::no_path, 404, "NotFound"},
    {errc::not_found, nullptr, 404, "NotFound"},
    {errc::conflict, "object.conflict", 409, "Conflict"},
    {errc::conflict, "object.exists", 409, "AlreadyExists"},
    {errc::conflict, nullptr, 409, "Conflict"},
    {errc::invalid, "object.invalid", 422, "Invalid"},
    {errc::invalid, api_code::bad_request, 400, "BadRequest"},
    {errc::invalid, api_code::method, 405, "MethodNotAllowed"},
    {errc::invalid, api_code::too_large, 413, "RequestEntityTooLarge"},
    {errc::invalid, api_code::media_type, 415, "UnsupportedMediaType"},
    {errc::invalid, api_code::header, 431, "RequestHeaderFieldsTooLarge"},
    {errc::invalid, nullptr, 422, "Invalid"},
    {errc::denied, "object.denied", 403, "Forbidden"},
    {errc::denied, nullptr, 403, "Forbidden"},
    {errc::exhausted, api_code::busy, 429, "TooManyRequests"},
    {errc::exhausted, nullptr, 507, "InsufficientStorage"},
    {errc::timeout, nullptr, 504, "Timeout"},
    {errc::unreachable, nullptr, 503, "ServiceUnavailable"},
    {errc::cancelled, nullptr, 503, "ServiceUnavailable"},
    {errc::incompatible, nullptr, 501, "NotImplemented"},
    {errc::internal, nullptr, 500, "InternalError"},
};

const Line& line_of(const Error& error) {
  const auto found = std::find_if(std::begin(lines), std::end(lines), [&](const Line& line) {
    return line.kind == error.kind && (!line.code || error.code == line.code);
  });
  return found == std::end(lines) ? std::end(lines)[-1] : *found;
}

std::string text(const json::object& from, const char* key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

json::array causes_of(const Error& error) {
  json::array causes;
  boost::system::error_code none;
  const json::value listed = json::parse(error.detail, none);
  if (none || !listed.is_array()) return causes;
  for (const json::value& each : listed.get_array()) {
    if (!each.is_object()) continue;
    const json::object& one = each.get_object();
    std::string message = "expected " + text(one, "expected");
    if (const std::string got = text(one, "got"); !got.empty()) message += ", got " + got;
    causes.push_back({{"reason", "FieldValueInvalid"}, {"message", message}, {"field", text(one, "pointer")}});
  }
  return causes;
}

std::string detail_of(const json::object& details) {
  const json::value* causes = details.if_contains("causes");
  if (!causes || !causes->is_array() || causes->get_array().empty()) return {};
  json::array list;
  for (const json::value& each : causes->get_array())
    if (each.is_object())
      list.push_back({{"pointer", text(each.get_object(), "field")}, {"message", text(each.get_object(), "message")}});
  return json::serialize(list);
}

}  // namespace

unsigned http_code_of(const Error& error) { return line_of(error).http; }

json::object status_object(const Error& error, const ObjectPath& about) {
  const Line& line = line_of(error);
  json::object details;
  if (!about.name.empty()) details["name"] = about.name;
  if (about.kind) {
    details["group"] = about.kind->group;
    details["kind"] = about.kind->plural;
  }
  if (json::array causes = causes_of(error); !causes.empty()) details["causes"] = std::move(causes);
  if (line.http == 429 || line.http == 503) details["retryAfterSeconds"] = 1;
  json::object status{{"kind", "Status"},    {"apiVersion", "v1"},       {"metadata", json::object()},
                      {"status", "Failure"}, {"message", error.message}, {"reason", line.reason},
                      {"code", line.http}};
  if (!details.empty()) status["details"] = std::move(details);
  return status;
}

Error error_of_status(unsigned http_code, std::string_view body) {
  boost::system::error_code none;
  const json::value value = json::parse(json::string_view(body.data(), body.size()), none);
  static const json::object nothing;
  const json::object& status = none || !value.is_object() ? nothing : value.get_object();
  const std::string reason = text(status, "reason");
  const auto fits = [&](const Line& line) {
    return line.http == http_code && (reason.empty() || reason == line.reason);
  };
  const auto found = std::find_if(std::begin(lines), std::end(lines), fits);
  const Line& line = found == std::end(lines) ? std::end(lines)[-1] : *found;
  std::string message = text(status, "message");
  if (message.empty()) message = "the host answered " + std::to_string(http_code);
  Error error(line.kind, message.substr(0, message_max), line.code ? line.code : "");
  const json::value* details = status.if_contains("details");
  if (details && details->is_object()) error.detail = detail_of(details->get_object());
  return error;
}

}  // namespace stoker::host
