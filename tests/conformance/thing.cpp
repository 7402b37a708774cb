// See thing.hpp.
#include "conformance/thing.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

namespace conformance {
namespace {

namespace json = boost::json;

class Problems {
 public:
  void add(const std::string& pointer, const std::string& expected, const json::value& got) {
    list_.push_back(json::object{{"pointer", pointer}, {"expected", expected}, {"got", json::serialize(got)}});
  }
  bool empty() const { return list_.empty(); }
  stoker::Error error() const {
    stoker::Error error(stoker::errc::invalid, "the document is invalid: " + json::serialize(list_), "object.invalid");
    error.detail = json::serialize(list_);
    return error;
  }

 private:
  json::array list_;
};

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Letters and digits at both ends, and between them also `between`.
bool is_word(std::string_view text, std::string_view between, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || between.find(c) != std::string_view::npos; });
}

bool is_subdomain(std::string_view text) {
  return is_word(text, "-.", 253) && text.find("..") == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_word(key, "-_.", 63);
  return is_subdomain(key.substr(0, slash)) && is_word(key.substr(slash + 1), "-_.", 63);
}

void check_metadata(const json::object& document, Problems& problems) {
  const json::object& metadata = document.at("metadata").as_object();
  const std::string name(metadata.at("name").as_string());
  if (!is_subdomain(name)) problems.add("/metadata/name", "a lower case DNS name", json::string(name));
  const json::value* labels = metadata.if_contains("labels");
  if (!labels) return;
  if (!labels->is_object()) return problems.add("/metadata/labels", "an object", *labels);
  for (const auto& [key, value] : labels->get_object()) {
    if (!is_label_key(key)) problems.add("/metadata/labels", "the key of a label", json::string(key));
    if (!value.is_string() || (!value.get_string().empty() && !is_word(value.get_string(), "-_.", 63)))
      problems.add("/metadata/labels/" + std::string(key), "the value of a label", value);
  }
}

// One field: its pointer, and what it must be.
using Field = std::function<void(const json::value&, const std::string&, Problems&)>;

Field whole_number(std::int64_t low, std::int64_t high) {
  return [=](const json::value& value, const std::string& pointer, Problems& problems) {
    if (!value.is_int64() || value.get_int64() < low || value.get_int64() > high)
      problems.add(pointer, "a whole number from " + std::to_string(low) + " to " + std::to_string(high), value);
  };
}

void text(const json::value& value, const std::string& pointer, Problems& problems) {
  if (!value.is_string()) problems.add(pointer, "a text", value);
}

void name(const json::value& value, const std::string& pointer, Problems& problems) {
  if (!value.is_string() || value.get_string().empty() || value.get_string().size() > 64)
    problems.add(pointer, "a text of 1 to 64 characters", value);
}

void truth(const json::value& value, const std::string& pointer, Problems& problems) {
  if (!value.is_bool()) problems.add(pointer, "true or false", value);
}

void phase(const json::value& value, const std::string& pointer, Problems& problems) {
  if (value != "Waiting" && value != "Ready" && value != "Failed")
    problems.add(pointer, "Waiting, Ready or Failed", value);
}

void notes(const json::value& value, const std::string& pointer, Problems& problems) {
  if (!value.is_object() || value.get_object().size() > 1000) return problems.add(pointer, "at most 1000 texts", value);
  for (const auto& [key, note] : value.get_object()) text(note, pointer + "/" + std::string(key), problems);
}

void steps(const json::value& value, const std::string& pointer, Problems& problems) {
  if (!value.is_array() || value.get_array().size() > 3) return problems.add(pointer, "at most 3 texts", value);
  for (const json::value& step : value.get_array()) text(step, pointer, problems);
}

void check_fields(const json::value& value, const std::string& pointer,
                  const std::map<std::string, Field, std::less<>>& fields, Problems& problems) {
  if (!value.is_object()) return problems.add(pointer, "an object", value);
  for (const auto& [key, member] : value.get_object()) {
    const auto known = fields.find(std::string_view(key));
    if (known == fields.end())
      problems.add(pointer + "/" + std::string(key), "no such field", member);
    else
      known->second(member, pointer + "/" + std::string(key), problems);
  }
}

void check_spec(json::object& document, Problems& problems) {
  static const std::map<std::string, Field, std::less<>> fields = {
      {"name", name},
      {"token", whole_number(0, std::numeric_limits<std::int64_t>::max())},
      {"enabled", truth},
      {"notes", notes},
      {"size", whole_number(1, 100)},
      {"steps", steps}};
  json::value& spec = document["spec"];
  check_fields(spec, "/spec", fields, problems);
  if (!spec.is_object()) return;
  if (!spec.get_object().contains("name")) problems.add("/spec/name", "there", nullptr);
  if (!spec.get_object().contains("enabled")) spec.get_object()["enabled"] = true;
}

void check_token(std::string_view before, const json::object& document, Problems& problems) {
  if (before.empty()) return;
  const json::value was = json::parse(before);
  json::error_code none;
  const json::value* old_token = was.find_pointer("/spec/token", none);
  const json::value* token =
      document.at("spec").is_object() ? document.at("spec").get_object().if_contains("token") : nullptr;
  if (token && old_token && token->is_int64() && token->get_int64() < old_token->as_int64())
    problems.add("/spec/token", "not below " + json::serialize(*old_token), *token);
}

}  // namespace

stoker::Kinds::Kind thing_kind() { return {things, "conformance.stoker.io", "v1", "Thing", "things", true}; }

stoker::Result<std::string> check_thing(std::string_view, std::string_view before, std::string_view text_of_document) {
  Problems problems;
  json::value value = json::parse(text_of_document);
  json::object& document = value.as_object();
  for (const auto& [key, member] : document)
    if (key != "apiVersion" && key != "kind" && key != "metadata" && key != "spec" && key != "status")
      problems.add("/" + std::string(key), "no such field", member);
  check_metadata(document, problems);
  check_spec(document, problems);
  if (const json::value* status = document.if_contains("status"))
    check_fields(*status, "/status",
                 {{"phase", phase}, {"observed", whole_number(0, std::numeric_limits<std::int64_t>::max())}}, problems);
  check_token(before, document, problems);
  if (!problems.empty()) return problems.error();
  return json::serialize(value);
}

}  // namespace conformance
