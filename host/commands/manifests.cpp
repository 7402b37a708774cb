#include "host/commands/manifests.hpp"

#include "host/commands/object_fields.hpp"
#include "host/config/validation.hpp"
#include "host/objects/applied.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <istream>
#include <map>

namespace stoker::host {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::size_t input_bytes_max = 4u << 20;

bool is_manifest(const fs::path& file) {
  const std::string end = file.extension().string();
  return end == ".yaml" || end == ".yml" || end == ".json";
}

YamlFile read_input(std::istream& in) {
  std::string text;
  std::vector<char> room(65536);
  while (text.size() <= input_bytes_max && in.read(room.data(), std::streamsize(room.size())).gcount() > 0)
    text.append(room.data(), std::size_t(in.gcount()));
  return parse_yaml(text, "standard input");
}

// What stands in a folder, by name.
std::vector<fs::path> files_in(const fs::path& folder, std::size_t most, ConfigErrors& errors) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    if (is_manifest(at->path()) && files.size() <= most) files.push_back(at->path());
  if (failed) errors.add({{folder.string(), 0, 0}, "", "a folder that can be read", failed.message()});
  if (!failed && files.empty()) errors.add({{folder.string(), 0, 0}, "", "a file .yaml, .yml or .json in it", "none"});
  if (files.size() > most) {
    errors.add({{folder.string(), 0, 0}, "", "at most " + std::to_string(most) + " files", "more"});
    files.clear();
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What only the host writes: a file that was made from a stored object has it.
void forget_stored(json::object& object) {
  object.erase("status");
  json::object& metadata = object["metadata"].get_object();
  for (const char* field : {"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"})
    metadata.erase(field);
  json::value* annotations = metadata.if_contains("annotations");
  if (!annotations || !annotations->is_object()) return;
  for (const char* key : {last_applied, applied_from}) annotations->get_object().erase(key);
}

class Reader {
 public:
  Reader(const ManifestOptions& options, Manifests& all) : options_(options), all_(all) {}

  void take(YamlFile file) {
    errors_ = std::move(file.errors);
    objects_.clear();
    for (YamlDocument& document : file.documents)
      take_document(std::make_shared<const YamlDocument>(std::move(document)));
    if (errors_.empty()) std::move(objects_.begin(), objects_.end(), std::back_inserter(all_.objects));
    all_.errors.add(errors_);
  }

 private:
  void take_document(std::shared_ptr<const YamlDocument> document) {
    const json::value& whole = document->value();
    if (text_at(whole, "/kind") != "List" || text_at(whole, "/apiVersion") != "v1")
      return take_object(document, "", whole);
    const json::value* items = value_at(whole, "/items");
    if (!items || !items->is_array())
      return errors_.add(document->error("/items", "a list of objects", "something else"));
    for (std::size_t i = 0; i < items->get_array().size(); ++i)
      take_object(document, "/items/" + std::to_string(i), items->get_array()[i]);
  }

  void take_object(std::shared_ptr<const YamlDocument> document, const std::string& at, const json::value& object) {
    Written one;
    one.document = std::move(document);
    one.at = at;
    if (!object.is_object()) return errors_.add(one.error("", "an object", describe(object)));
    one.object = object;
    const std::string kind = text_at(object, "/kind"), version = text_at(object, "/apiVersion");
    const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& k) { return k.kind == kind; });
    if (found == kinds().end()) return errors_.add(one.error("/kind", known_kinds(), shown(object, "/kind")));
    one.kind = &*found;
    if (version != found->api_version())
      return errors_.add(one.error("/apiVersion", found->api_version(), shown(object, "/apiVersion")));
    const json::value* metadata = value_at(object, "/metadata");
    if (!metadata || !metadata->is_object())
      return errors_.add(one.error("/metadata", "an object with a name", "none"));
    one.name = text_at(object, "/metadata/name");
    if (one.name.empty()) return errors_.add(one.error("/metadata/name", "a name", shown(object, "/metadata/name")));
    if (!take_name_space(one)) return;
    if (!take_once(one)) return;
    forget_stored(one.object.get_object());
    if (options_.check) check(one);
    objects_.push_back(std::move(one));
  }

  // False: it has none that can be used.
  bool take_name_space(Written& one) {
    const json::value* said = value_at(one.object, "/metadata/namespace");
    if (said && !said->is_string()) {
      errors_.add(one.error("/metadata/namespace", "a text", describe(*said)));
      return false;
    }
    one.name_space = name_space_in(one.object);
    if (one.name_space.empty()) one.name_space = options_.name_space;
    if (options_.is_said && one.name_space != options_.name_space)
      errors_.add(one.error("/metadata/namespace", "the namespace of -n, " + options_.name_space,
                            shown(one.object, "/metadata/namespace")));
    one.object.get_object()["metadata"].get_object()["namespace"] = one.name_space;
    return true;
  }

  // The later of two would win, and the earlier would be applied for nothing.
  bool take_once(const Written& one) {
    const Place place = one.error("", "", "").place;
    const std::string at = place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
    const std::string key = one.kind->resource + "/" + one.name_space + "/" + one.name;
    const auto [found, is_new] = places_.emplace(key, at);
    if (!is_new && options_.check)
      errors_.add(
          one.error("", "each object once", one.kind->singular + "/" + one.name + " again, as in " + found->second));
    return is_new;
  }

  void check(const Written& one) {
    const auto checked = check_object(one.kind->resource, "", json::serialize(one.object));
    if (checked) return;
    boost::system::error_code none;
    const json::value mistakes = json::parse(checked.error().detail, none);
    if (none || !mistakes.is_array()) return errors_.add(one.error("", "an object", checked.error().message));
    for (const json::value& mistake : mistakes.get_array())
      errors_.add(one.error(text_at(mistake, "/pointer"), text_at(mistake, "/expected"), text_at(mistake, "/got")));
  }

  static std::string shown(const json::value& object, const std::string& pointer) {
    const json::value* found = value_at(object, pointer);
    return found ? describe(*found) : "nothing";
  }
  static std::string known_kinds() {
    std::string all;
    for (const Kind& kind : kinds()) all += (all.empty() ? "one of " : ", ") + kind.kind;
    return all;
  }

  const ManifestOptions& options_;
  Manifests& all_;
  ConfigErrors errors_;  // of this file
  std::vector<Written> objects_;
  std::map<std::string, std::string> places_;  // of each object of all files
};

}  // namespace

ConfigError Written::error(const std::string& pointer, std::string expected, std::string got) const {
  ConfigError made = document->error(at + pointer, std::move(expected), std::move(got));
  made.pointer = pointer;
  return made;
}

Manifests read_manifests(const ManifestOptions& options, std::istream& in) {
  Manifests all;
  Reader reader(options, all);
  for (const std::string& file : options.files) {
    std::error_code failed;
    if (file == "-")
      reader.take(read_input(in));
    else if (fs::is_directory(file, failed))
      for (const fs::path& each : files_in(file, options.files_max, all.errors)) reader.take(load_yaml(each));
    else
      reader.take(load_yaml(file));
  }
  return all;
}

}  // namespace stoker::host
