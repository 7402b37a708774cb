// Prints manifests as text or JSON. A schema is shown without the defaults and examples of secret settings.
#include "host/commands/plugin.hpp"

#include "host/answers/text_table.hpp"
#include "host/commands/exit_code.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <ostream>

#include "host/config/json_schema.hpp"
#include "host/loading/elf_file.hpp"
#include "host/loading/plugin_library.hpp"

namespace stoker::host {
namespace {

namespace json = boost::json;

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text.empty() ? "-" : text;
}

json::array list(const std::vector<std::string>& all) {
  json::array texts;
  for (const std::string& one : all) texts.emplace_back(one);
  return texts;
}

// The schema without values that may be secret.
void conceal(json::value& schema) {
  if (auto* all = schema.if_array())
    for (json::value& one : *all) conceal(one);
  auto* object = schema.if_object();
  if (!object) return;
  const json::value* secret = object->if_contains("x-stoker-secret");
  if (secret && *secret != false)
    for (const char* shown : {"default", "examples", "const", "enum"}) object->erase(shown);
  for (auto& member : *object) conceal(member.value());
}

json::value schema_of(const std::string& text) {
  json::value schema = json::parse(text);
  conceal(schema);
  return schema;
}

std::string_view concurrency_of(const Manifest& manifest) {
  return manifest.concurrency == Concurrency::reentrant ? "reentrant" : "serial";
}

std::string abi_of(const Manifest& manifest) {
  return std::to_string(manifest.abi_major) + "." + std::to_string(manifest.abi_minor);
}

// Fails when the host cannot use one of the schemas: a mistake that the plugin's author has to correct.
Result<void> check_schemas(const Manifest& manifest) {
  for (const auto& [name, text] : {std::pair("settings", &manifest.settings_schema), {"use", &manifest.use_schema}})
    if (auto checked = check_schema(json::parse(*text)); !checked)
      return Error(checked.error().kind,
                   manifest.path.string() + ": config." + name + " of its plugin.json: " + checked.error().message +
                       "; correct plugin.json and build the plugin again",
                   checked.error().code);
  return {};
}

// As far as the manifest tells.
Result<void> would_load(const Manifest& manifest) {
  auto allowed = may_load(manifest, own_offer());
  return allowed ? check_schemas(manifest) : allowed;
}

// Why it would not load; empty when no reason is known.
std::string objection(const Manifest& manifest) {
  const auto allowed = would_load(manifest);
  return allowed ? std::string() : allowed.error().code + " " + allowed.error().message;
}

json::object summary(const Manifest& manifest) {
  return {{"id", manifest.id},
          {"version", manifest.version},
          {"license", manifest.license},
          {"abi", abi_of(manifest)},
          {"kinds", list(manifest.kinds)},
          {"path", manifest.path.string()},
          {"wouldLoad", would_load(manifest).has_value()}};
}

json::object error_of(const Error& error) {
  json::object object{{"code", error.code}, {"message", error.message}};
  if (!error.detail.empty()) object["detail"] = json::parse(error.detail);
  return object;
}

void print_plugins(const std::vector<Manifest>& manifests, std::ostream& out) {
  std::vector<std::vector<std::string>> rows{{"ID", "VERSION", "KINDS"}};
  for (const Manifest& manifest : manifests) rows.push_back({manifest.id, manifest.version, joined(manifest.kinds)});
  out << table(rows);
}

std::string places(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> texts;
  for (const auto& folder : folders) texts.push_back(folder.string());
  return joined(texts);
}

// The values that a setting accepts, in a few words: "duration", "integer 0..50", "ignition | none", "list of string".
std::string takes(const json::value& schema) {
  const json::object* object = schema.if_object();
  if (!object) return "any";
  if (const json::value* words = object->if_contains("enum"); words && words->is_array()) {
    std::string text;
    for (const json::value& word : words->get_array()) {
      const bool plain = word.is_string() && !word.get_string().empty();
      text += (text.empty() ? "" : " | ") + (plain ? std::string(word.get_string()) : json::serialize(word));
    }
    return text;
  }
  const json::value* type = object->if_contains("type");
  std::string text = type && type->is_string() ? std::string(type->get_string()) : "any";
  const json::value* items = object->if_contains("items");
  if (text == "array") return "list of " + (items ? takes(*items) : "any");
  if (const json::value* format = object->if_contains("format"); format && format->is_string())
    text = format->get_string();
  const json::value* minimum = object->if_contains("minimum");
  const json::value* maximum = object->if_contains("maximum");
  if (minimum || maximum)
    text += " " + (minimum ? json::serialize(*minimum) : "") + ".." + (maximum ? json::serialize(*maximum) : "");
  return text;
}

// The settings as a table: name, accepted values, default, purpose.
void print_settings(const json::value& schema, std::ostream& out) {
  const json::object* object = schema.if_object();
  const json::value* properties = object ? object->if_contains("properties") : nullptr;
  if (!properties || !properties->is_object() || properties->get_object().empty()) {
    out << "settings        -\n";
    return;
  }
  const json::value* required = object->if_contains("required");
  const auto is_required = [&](std::string_view name) {
    if (!required || !required->is_array()) return false;
    const json::array& names = required->get_array();
    return std::find(names.begin(), names.end(), json::value(name)) != names.end();
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, setting] : properties->get_object()) {
    const json::object none;
    const json::object& about = setting.is_object() ? setting.get_object() : none;
    const json::value* otherwise = about.if_contains("default");
    const json::value* purpose = about.if_contains("description");
    const json::value* secret = about.if_contains("x-stoker-secret");
    rows.push_back({std::string(name), takes(setting) + (secret && *secret != false ? ", secret" : ""),
                    is_required(name) ? "required"
                    : otherwise       ? "default " + json::serialize(*otherwise)
                                      : "optional"});
    if (purpose && purpose->is_string()) rows.back().emplace_back(purpose->get_string());
  }
  out << "settings\n";
  out << table(rows, 2);
}

json::object details(const Manifest& manifest, const ElfFile& elf) {
  json::object all = summary(manifest);
  const std::string against = objection(manifest);
  all["minHostMinor"] = manifest.min_host_minor;
  all["needs"] = list(manifest.needs);
  all["optionalNeeds"] = list(manifest.optional_needs);
  all["lacks"] = list(manifest.lacks);
  all["concurrency"] = concurrency_of(manifest);
  all["config"] = {{"settings", schema_of(manifest.settings_schema)}, {"use", schema_of(manifest.use_schema)}};
  all["architecture"] = elf.architecture();
  all["buildId"] = elf.build_id();
  all["exports"] = list(elf.exports());
  all["needed"] = list(elf.needed());
  all["because"] = against;
  return all;
}

void print_details(const Manifest& manifest, const ElfFile& elf, std::ostream& out) {
  const std::string against = objection(manifest);
  const std::pair<std::string_view, std::string> rows[] = {
      {"id", manifest.id},
      {"version", manifest.version},
      {"license", manifest.license},
      {"file", manifest.path.string()},
      {"abi", abi_of(manifest) + ", from a host of " + std::to_string(manifest.abi_major) + "." +
                  std::to_string(manifest.min_host_minor) + " on"},
      {"kinds", joined(manifest.kinds)},
      {"needs", joined(manifest.needs)},
      {"optional needs", joined(manifest.optional_needs)},
      {"lacks", joined(manifest.lacks)},
      {"concurrency", std::string(concurrency_of(manifest))},
      {"architecture", elf.architecture()},
      {"build id", elf.build_id()},
      {"exports", joined(elf.exports())},
      {"needed", joined(elf.needed())},
      {"would load", against.empty() ? "yes, as far as its manifest tells" : "no, because " + against}};
  for (const auto& [name, value] : rows) out << std::left << std::setw(16) << name << value << '\n';
  print_settings(schema_of(manifest.settings_schema), out);
}

bool is_file(const std::string& plugin) {
  std::error_code ignored;
  return plugin.find('/') != std::string::npos || std::filesystem::exists(plugin, ignored);
}

// The manifest of a file or of an id. When a broken file has the id as its name, that file was meant and its error is
// returned.
Result<Manifest> find(const PluginInspectOptions& options) {
  if (is_file(options.plugin)) return read_manifest(options.plugin);
  Scan found = scan(options.folders);
  for (Manifest& manifest : found.manifests)
    if (manifest.id == options.plugin) return std::move(manifest);
  for (Diagnostic& broken : found.diagnostics)
    if (broken.path.stem() == options.plugin) return std::move(broken.error);
  return Error(errc::not_found, options.plugin + ": no such file, and no plugin of this id in " +
                                    places(options.folders) + "; `stoker plugin list` shows the installed plugins");
}

}  // namespace

int plugin_list(const PluginListOptions& options, std::ostream& out, std::ostream& err) {
  Scan found = scan(options.folders);
  for (const Manifest& manifest : found.manifests)
    if (auto allowed = would_load(manifest); !allowed)
      found.diagnostics.push_back({manifest.path, std::move(allowed).error()});
  if (options.json) {
    json::array plugins, diagnostics;
    for (const Manifest& manifest : found.manifests) plugins.emplace_back(summary(manifest));
    for (const Diagnostic& one : found.diagnostics) diagnostics.emplace_back(error_of(one.error));
    out << json::object{{"plugins", plugins}, {"diagnostics", diagnostics}} << '\n';
  } else {
    print_plugins(found.manifests, out);
    for (const Diagnostic& one : found.diagnostics) err << one.error.code << ' ' << one.error.message << '\n';
    if (found.manifests.empty()) err << "no plugins in " << places(options.folders) << '\n';
  }
  return found.diagnostics.empty() ? exit_ok : exit_failed;
}

int plugin_inspect(const PluginInspectOptions& options, std::ostream& out, std::ostream& err) {
  const auto manifest = find(options);
  if (!manifest) {
    const Error& error = manifest.error();
    err << error.code << (error.code.empty() ? "" : " ") << error.message << '\n';
    return error == errc::not_found ? 2 : 1;
  }
  if (options.schema) {
    out << schema_of(manifest->settings_schema) << '\n';
    return exit_ok;
  }
  const auto elf = ElfFile::open(manifest->path);
  if (!elf) {
    err << elf.error().code << ' ' << elf.error().message << '\n';
    return exit_failed;
  }
  if (options.json)
    out << details(*manifest, *elf) << '\n';
  else
    print_details(*manifest, *elf, out);
  return exit_ok;
}

}  // namespace stoker::host
