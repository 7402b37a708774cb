// Prints manifests as text or JSON. Defaults and examples of secret settings are left out of every schema that is
// shown.
#include "host/commands/plugin.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iomanip>
#include <ostream>

#include "host/elf_file.hpp"
#include "host/plugin_library.hpp"

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

// A schema without what may be a secret.
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

// Why it would not load as far as the file tells; empty: nothing speaks against it.
std::string objection(const Manifest& manifest) {
  const auto allowed = may_load(manifest, own_offer());
  return allowed ? std::string() : allowed.error().code + " " + allowed.error().message;
}

json::object summary(const Manifest& manifest) {
  return {{"id", manifest.id},       {"version", manifest.version},   {"license", manifest.license},
          {"abi", abi_of(manifest)}, {"kinds", list(manifest.kinds)}, {"path", manifest.path.string()}};
}

json::object error_of(const Error& error) {
  json::object object{{"code", error.code}, {"message", error.message}};
  if (!error.detail.empty()) object["detail"] = json::parse(error.detail);
  return object;
}

void print_table(const std::vector<Manifest>& manifests, std::ostream& out) {
  std::size_t id = 2, version = 7;
  for (const Manifest& manifest : manifests) {
    id = std::max(id, manifest.id.size());
    version = std::max(version, manifest.version.size());
  }
  const auto cell = [&](std::string_view text, std::size_t width) {
    out << std::left << std::setw(static_cast<int>(width + 2)) << text;
  };
  cell("ID", id);
  cell("VERSION", version);
  out << "KINDS\n";
  for (const Manifest& manifest : manifests) {
    cell(manifest.id, id);
    cell(manifest.version, version);
    out << joined(manifest.kinds) << '\n';
  }
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
  all["wouldLoad"] = against.empty();
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
      {"abi", abi_of(manifest) + ", host minor at least " + std::to_string(manifest.min_host_minor)},
      {"kinds", joined(manifest.kinds)},
      {"needs", joined(manifest.needs)},
      {"optional needs", joined(manifest.optional_needs)},
      {"lacks", joined(manifest.lacks)},
      {"concurrency", std::string(concurrency_of(manifest))},
      {"architecture", elf.architecture()},
      {"build id", elf.build_id()},
      {"exports", joined(elf.exports())},
      {"needed", joined(elf.needed())},
      {"would load", against.empty() ? "yes, as far as its file tells" : "no, because " + against},
      {"settings", json::serialize(schema_of(manifest.settings_schema))},
      {"use", json::serialize(schema_of(manifest.use_schema))}};
  for (const auto& [name, value] : rows) out << std::left << std::setw(16) << name << value << '\n';
}

bool is_file(const std::string& plugin) {
  std::error_code ignored;
  return plugin.find('/') != std::string::npos || std::filesystem::exists(plugin, ignored);
}

// The manifest of a file or of an id.
Result<Manifest> find(const PluginInspectOptions& options) {
  if (is_file(options.plugin)) return read_manifest(options.plugin);
  for (Manifest& manifest : scan(options.folders).manifests)
    if (manifest.id == options.plugin) return std::move(manifest);
  return Error(errc::not_found, options.plugin +
                                    ": no such file, and no plugin of this id in the folders; `stoker plugin list` "
                                    "shows what there is");
}

}  // namespace

int plugin_list(const PluginListOptions& options, std::ostream& out, std::ostream& err) {
  const Scan found = scan(options.folders);
  if (options.json) {
    json::array plugins, diagnostics;
    for (const Manifest& manifest : found.manifests) plugins.emplace_back(summary(manifest));
    for (const Diagnostic& one : found.diagnostics) diagnostics.emplace_back(error_of(one.error));
    out << json::object{{"plugins", plugins}, {"diagnostics", diagnostics}} << '\n';
  } else {
    print_table(found.manifests, out);
    for (const Diagnostic& one : found.diagnostics) err << one.error.code << ' ' << one.error.message << '\n';
  }
  return found.diagnostics.empty() ? 0 : 1;
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
    return 0;
  }
  const auto elf = ElfFile::open(manifest->path);
  if (!elf) {
    err << elf.error().code << ' ' << elf.error().message << '\n';
    return 1;
  }
  if (options.json)
    out << details(*manifest, *elf) << '\n';
  else
    print_details(*manifest, *elf, out);
  return 0;
}

}  // namespace stoker::host
