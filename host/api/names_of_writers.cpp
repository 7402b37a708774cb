#include "host/api/names_of_writers.hpp"

#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

bool is_writer(std::string_view key) { return key.starts_with("stoker.io/") && key.ends_with("-by"); }

// Of a document or a const one; null when it has none.
template <class Document>
auto* annotations_in(Document& document) {
  auto* metadata = document.if_contains("metadata");
  auto* of = metadata ? metadata->if_object() : nullptr;
  auto* annotations = of ? of->if_contains("annotations") : nullptr;
  return annotations ? annotations->if_object() : nullptr;
}

}  // namespace

void put_writer(json::object& sent, const std::string& user, const json::object& stored) {
  json::object* annotations = annotations_in(sent);
  if (!annotations) return;
  const json::object* before = annotations_in(stored);
  for (auto& [key, value] : *annotations) {
    if (!is_writer(key) || value.is_null()) continue;
    const json::value* stood = before ? before->if_contains(key) : nullptr;
    if (!stood || *stood != value) value = user;
  }
}

}  // namespace stoker::host
