// Reads an assignment with Boost.JSON. The host has checked it; a missing field has its default.
#include "assignment.hpp"

#include "patch/written_patches.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace stoker::merge {
namespace {

namespace json = boost::json;

const json::value* member(const json::value* value, std::string_view key) {
  const auto* object = value ? value->if_object() : nullptr;
  return object ? object->if_contains(json::string_view(key.data(), key.size())) : nullptr;
}

std::string text(const json::value* value, std::string_view key) {
  const auto* found = member(value, key);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool flag(const json::value* value, std::string_view key) {
  const auto* found = member(value, key);
  return found && found->is_bool() && found->get_bool();
}

std::int64_t number(const json::value* value, std::string_view key, std::int64_t otherwise) {
  const auto* found = member(value, key);
  if (!found) return otherwise;
  json::error_code failed;
  const auto read = found->to_number<std::int64_t>(failed);
  return failed ? otherwise : read;
}

std::map<std::string, std::string, std::less<>> texts(const json::value* value) {
  std::map<std::string, std::string, std::less<>> all;
  if (const auto* object = value ? value->if_object() : nullptr)
    for (const auto& one : *object)
      all.emplace(one.key(),
                  one.value().is_string() ? std::string(one.value().get_string()) : json::serialize(one.value()));
  return all;
}

Result<std::vector<WrittenPatch>> patches(const json::value* list, const std::string& where,
                                          std::string_view pattern_key) {
  return written_patches(list ? json::serialize(*list) : std::string(), where, pattern_key);
}

Result<WrittenMapping> mapping(const json::value& value, std::size_t index) {
  WrittenMapping read{text(&value, "source"), text(&value, "destination"), text(&value, "type"),
                      flag(&value, "required"), flag(&value, "template")};
  if (!read.type.empty() && read.type != "dir" && read.type != "file")
    return Error(errc::invalid,
                 "mapping[" + std::to_string(index) + "]: type '" + read.type + "' is neither dir nor file",
                 "merge.bad-type");
  auto written = patches(member(&value, "patches"), "mapping[" + std::to_string(index) + "].patches", "file");
  if (!written) return std::move(written).error();
  read.patches = std::move(written).value();
  return read;
}

}  // namespace

Result<Assignment> Assignment::parse(std::string_view document) {
  json::error_code failed;
  const json::value root = json::parse(json::string_view(document.data(), document.size()), failed);
  if (failed || !root.is_object())
    return Error(errc::invalid, "the assignment is not a JSON object", "merge.bad-assignment");
  const auto* target = member(&root, "target");
  const auto* profile = member(&root, "profile");
  Assignment read;
  read.sync = text(&root, "sync");
  read.name_space = text(&root, "namespace");
  read.ref = text(&root, "ref");
  read.revision = text(&root, "revision");
  read.inputs = text(&root, "inputs");
  read.vars_digest = text(&root, "vars");
  read.role = text(member(&root, "facts"), "role");
  read.target = text(target, "name");
  read.pod = text(target, "pod");
  read.ordinal = number(target, "ordinal", 0);
  read.labels = texts(member(target, "labels"));
  read.vars = texts(member(profile, "vars"));
  read.look_all = text(&root, "look") == "all";
  read.repair = flag(&root, "repair");
  const auto* prune = member(profile, "prune");
  read.prune_files_max = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(prune, "maxFiles", 20)));
  read.prune_percent_max = static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(prune, "maxPercent", 10)));
  if (const auto* mappings = member(profile, "mappings"); mappings && mappings->is_array())
    for (const auto& one : mappings->get_array()) {
      auto written = mapping(one, read.mappings.size());
      if (!written) return std::move(written).error();
      read.mappings.push_back(std::move(written).value());
    }
  auto normalize = patches(member(profile, "normalize"), "normalize", "files");
  if (!normalize) return std::move(normalize).error();
  read.normalize = std::move(normalize).value();
  if (const auto* excludes = member(profile, "excludes"); excludes && excludes->is_array())
    for (const auto& one : excludes->get_array())
      if (one.is_string()) read.excludes.emplace_back(one.get_string());
  return read;
}

std::string state_document(const Base* base, std::string_view did, std::string_view run) {
  json::object document{{"format", 1}, {"base", nullptr}, {"did", json::string(did)}, {"run", json::string(run)}};
  if (base)
    document["base"] =
        json::object{{"revision", base->revision}, {"inputs", base->inputs}, {"vars", base->vars}, {"run", base->run}};
  return json::serialize(document);
}

}  // namespace stoker::merge
