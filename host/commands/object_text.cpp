#include "host/commands/object_text.hpp"

#include "host/base/printable.hpp"
#include "host/commands/object_fields.hpp"
#include "host/config/kinds.hpp"
#include "host/config/yaml_text.hpp"

#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t name_bytes_max = 1024;

// All that is no ASCII stands in a string, where an escape means the same. Some terminals act on C1 characters.
std::string without_controls(const std::string& text) {
  std::string safe;
  safe.reserve(text.size());
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte == 0xC2 && next < 0xA0) {
      safe += "\\u00";
      safe += digits[next >> 4];
      safe += digits[next & 15];
      ++i;
    } else if (byte == 0x7F) {
      safe += "\\u007f";
    } else {
      safe += text[i];
    }
  }
  return safe;
}

void write(const json::value& value, std::size_t indent, std::string& to) {
  const std::string inner(indent + 2, ' '), outer(indent, ' ');
  const json::object* object = value.if_object();
  const json::array* array = value.if_array();
  if (object && !object->empty()) {
    to += "{\n";
    for (auto at = object->begin(); at != object->end(); ++at) {
      to += (at == object->begin() ? "" : ",\n") + inner + json::serialize(at->key()) + ": ";
      write(at->value(), indent + 2, to);
    }
    to += "\n" + outer + "}";
  } else if (array && !array->empty()) {
    to += "[\n";
    for (auto at = array->begin(); at != array->end(); ++at) {
      to += (at == array->begin() ? "" : ",\n") + inner;
      write(*at, indent + 2, to);
    }
    to += "\n" + outer + "]";
  } else {
    to += json::serialize(value);
  }
}

}  // namespace

std::string json_lines(const json::value& value) {
  std::string text;
  write(value, 0, text);
  return without_controls(text + "\n");
}

std::string json_line(const json::value& value) { return without_controls(json::serialize(value)) + "\n"; }

std::string yaml_lines(const json::value& value) { return without_controls(yaml_text(value)); }

json::value list_object(std::vector<json::value> items) {
  json::array all;
  for (json::value& item : items) all.push_back(std::move(item));
  return json::object{
      {"apiVersion", "v1"}, {"kind", "List"}, {"metadata", {{"resourceVersion", ""}}}, {"items", std::move(all)}};
}

std::string qualified_name(const json::value& object) {
  const std::string word = text_at(object, "/kind");
  const Kind* kind = kind_named(word);
  const std::string of = !kind ? word : kind->singular + (kind->group.empty() ? "" : "." + kind->group);
  return printable(of + "/" + name_in(object), name_bytes_max);
}

std::string objects_text(std::vector<json::value> objects, bool as_list, ObjectOutput output) {
  if (output == ObjectOutput::name) {
    std::string names;
    for (const json::value& object : objects) names += qualified_name(object) + "\n";
    return names;
  }
  if (!as_list && objects.empty()) return {};
  const json::value whole = as_list ? list_object(std::move(objects)) : std::move(objects[0]);
  return output == ObjectOutput::yaml ? yaml_lines(whole) : json_lines(whole);
}

}  // namespace stoker::host
