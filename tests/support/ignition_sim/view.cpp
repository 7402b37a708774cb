// Reading and digesting trees. Pure but for read_tree and its helpers; any thread.
#include "support/ignition_sim/view.hpp"

#include <boost/json.hpp>

#include "support/ignition_sim/digest.hpp"
#include "support/ignition_sim/tree.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

void write_sorted(const json::value& value, std::string& out) {
  if (const auto* object = value.if_object()) {
    std::map<std::string_view, const json::value*> sorted;
    for (const auto& member : *object) sorted.emplace(member.key(), &member.value());
    char separator = '{';
    for (const auto& [key, member] : sorted) {
      out += separator + json::serialize(json::string(key)) + ':';
      write_sorted(*member, out);
      separator = ',';
    }
    out += sorted.empty() ? "{}" : "}";
    return;
  }
  if (const auto* array = value.if_array()) {
    char separator = '[';
    for (const auto& element : *array) {
      out += separator;
      write_sorted(element, out);
      separator = ',';
    }
    out += array->empty() ? "[]" : "]";
    return;
  }
  out += json::serialize(value);
}

std::string without_stamp(std::string_view bytes) {
  boost::system::error_code failed;
  auto value = json::parse(bytes, failed);
  if (failed || !value.is_object()) return std::string(bytes);
  if (auto* attributes = value.get_object().if_contains("attributes"); attributes && attributes->is_object()) {
    attributes->get_object().erase("lastModification");
    attributes->get_object().erase("lastModificationSignature");
  }
  std::string out;
  write_sorted(value, out);
  return out;
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() || path == folder ||
         (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

std::string meaning(std::string_view path, std::string_view bytes) {
  return sha256_hex(file_name(path) == "resource.json" ? without_stamp(bytes) : std::string(bytes));
}

View view_of(const Tree& tree) {
  View view;
  for (const auto& [path, bytes] : tree) view.emplace_hint(view.end(), path, meaning(path, bytes));
  return view;
}

View below(const View& view, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  View part;
  for (const auto& [path, digest] : view)
    if (is_below(path, folder)) part.emplace_hint(part.end(), path, digest);
  return part;
}

std::string loaded_digest(const View& view) {
  std::string text;
  for (const auto& [path, digest] : view) {
    text += path;
    text += '\0';
    text += digest + '\n';
  }
  return sha256_hex(text);
}

Tree read_tree(const std::filesystem::path& root, std::string_view folder) {
  Tree tree;
  for (const auto& path : list_files(root, folder))
    if (auto bytes = read_file(root / path)) tree.emplace(path, std::move(*bytes));
  return tree;
}

}  // namespace ignition_sim
