#include "host/base/json_fields.hpp"

#include "host/base/printable.hpp"

namespace stoker::host {

namespace json = boost::json;

namespace {

const json::object& no_fields() {
  static const json::object none;
  return none;
}

}  // namespace

std::string JsonFields::pointer(std::string_view key) const {
  std::string escaped;
  for (const char c : key) {
    if (c == '~')
      escaped += "~0";
    else if (c == '/')
      escaped += "~1";
    else
      escaped += c;
  }
  return at_ + "/" + escaped;
}

void JsonFields::wrong(std::string_view key, std::string_view what) const {
  if (!fault_->found()) fault_->add(printable(pointer(key), 256) + " " + std::string(what));
}

void JsonFields::unknown(std::string_view key, std::string_view written) const {
  wrong(key, "is \"" + printable(written, 64, true) + "\", which is not one of its values");
}

bool JsonFields::is_null(std::string_view key) const {
  const json::value* found = find(key);
  return found && found->is_null();
}

std::string JsonFields::text(std::string_view key, std::string otherwise) const {
  const json::value* found = find(key);
  if (!found) return otherwise;
  if (const json::string* text = found->if_string()) return std::string(*text);
  wrong(key, "is not a string");
  return otherwise;
}

bool JsonFields::flag(std::string_view key, bool otherwise) const {
  const json::value* found = find(key);
  if (!found) return otherwise;
  if (const bool* flag = found->if_bool()) return *flag;
  wrong(key, "is neither true nor false");
  return otherwise;
}

std::int64_t JsonFields::number(std::string_view key, std::int64_t otherwise) const {
  const json::value* found = find(key);
  if (!found) return otherwise;
  boost::system::error_code unfit;
  const auto number = found->to_number<std::int64_t>(unfit);
  if (!unfit) return number;
  wrong(key, "is not a whole number of 64 bits");
  return otherwise;
}

std::uint64_t JsonFields::count(std::string_view key, std::uint64_t otherwise) const {
  const json::value* found = find(key);
  if (!found) return otherwise;
  boost::system::error_code unfit;
  const auto number = found->to_number<std::uint64_t>(unfit);
  if (!unfit) return number;
  wrong(key, "is not a whole number of 64 bits that is 0 or more");
  return otherwise;
}

JsonFields JsonFields::object(std::string_view key) const {
  const json::value* found = find(key);
  const json::object* object = found ? found->if_object() : &no_fields();
  if (!object) wrong(key, "is not an object");
  return JsonFields(object ? *object : no_fields(), *fault_, pointer(key));
}

std::vector<JsonFields> JsonFields::objects(std::string_view key) const {
  std::vector<JsonFields> all;
  const json::value* found = find(key);
  if (!found) return all;
  const json::array* array = found->if_array();
  if (!array) {
    wrong(key, "is not an array");
    return all;
  }
  for (const json::value& one : *array) {
    const std::string at = std::to_string(all.size());
    const json::object* object = one.if_object();
    if (!object) JsonFields(no_fields(), *fault_, pointer(key)).wrong(at, "is not an object");
    all.emplace_back(object ? *object : no_fields(), *fault_, pointer(key) + "/" + at);
  }
  return all;
}

std::map<std::string, std::string> JsonFields::texts(std::string_view key) const {
  std::map<std::string, std::string> all;
  const JsonFields fields = object(key);
  for (const auto& entry : *fields.object_) all.emplace(entry.key(), fields.text(entry.key()));
  return all;
}

std::vector<std::string> JsonFields::list(std::string_view key) const {
  std::vector<std::string> all;
  const json::value* found = find(key);
  if (!found) return all;
  const json::array* array = found->if_array();
  if (!array) {
    wrong(key, "is not an array");
    return all;
  }
  for (const json::value& one : *array) {
    const json::string* text = one.if_string();
    if (!text) JsonFields(no_fields(), *fault_, pointer(key)).wrong(std::to_string(all.size()), "is not a string");
    all.emplace_back(text ? std::string(*text) : std::string());
  }
  return all;
}

JsonDocument::JsonDocument(std::string_view text) {
  boost::system::error_code unreadable;
  value_ = json::parse(json::string_view(text.data(), text.size()), unreadable);
  if (unreadable || !value_.is_object()) fault_.add("it is not a JSON object");
}

JsonFields JsonDocument::fields() {
  const json::object* object = value_.if_object();
  return JsonFields(object ? *object : no_fields(), fault_);
}

}  // namespace stoker::host
