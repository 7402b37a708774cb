#include "host/loading/installed.hpp"

#include "host/loading/plugin_library.hpp"

#include <algorithm>
#include <ostream>

namespace stoker::host {

std::vector<std::filesystem::path> plugin_folders() {
  std::error_code unknown;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  const std::filesystem::path above = program.parent_path().parent_path();
  return {above / "plugins", above / STOKER_LIBDIR / "stoker" / "plugins"};
}

std::vector<Manifest> installed_plugins(const std::vector<std::filesystem::path>& folders,
                                        const std::vector<std::filesystem::path>& named, std::ostream& err) {
  Scan found = scan(folders);
  for (const Diagnostic& broken : found.diagnostics)
    err << "stoker: " << broken.error.message << " [" << broken.error.code << "]\n";
  for (const std::filesystem::path& library : named) {
    auto manifest = read_manifest(library);
    if (!manifest) {
      err << "stoker: " << manifest.error().message << " [" << manifest.error().code << "]\n";
      continue;
    }
    const bool known = std::any_of(found.manifests.begin(), found.manifests.end(),
                                   [&](const Manifest& m) { return m.id == manifest->id; });
    if (!known) found.manifests.push_back(std::move(manifest).value());
  }
  return std::move(found.manifests);
}

PluginSchemas schemas_of(const std::vector<Manifest>& manifests) {
  PluginSchemas schemas;
  for (const Manifest& manifest : manifests) {
    PluginSchema schema;
    schema.settings = manifest.settings_schema;
    schema.kinds = manifest.kinds;
    schema.use = manifest.use_schema;
    schemas[manifest.id] = std::move(schema);
  }
  return schemas;
}

std::map<std::string, std::string> objections_to(const std::vector<Manifest>& manifests) {
  std::map<std::string, std::string> objections;
  for (const Manifest& manifest : manifests)
    if (auto allowed = may_load(manifest, own_offer()); !allowed)
      objections[manifest.id] = allowed.error().message + " [" + allowed.error().code + "]";
  return objections;
}

}  // namespace stoker::host
