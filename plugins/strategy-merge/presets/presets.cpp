// The presets, compiled from their data files.
#include "presets.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>

namespace stoker::merge {
namespace {

constexpr std::string_view ignition_protected[] = {
#include "ignition_protected.inc"
};
constexpr std::string_view ignition_replicated[] = {
#include "ignition_replicated.inc"
};
constexpr std::string_view excluded[] = {"**/.git", "**/.gitkeep", "**/.resources", "**/.sync-staging"};

Glob known_good(std::string_view pattern) {
  auto glob = Glob::compile(pattern);
  if (!glob) throw std::logic_error(glob.error().message);
  return std::move(glob).value();
}

std::vector<Glob> compiled(std::span<const std::string_view> patterns) {
  std::vector<Glob> globs;
  for (const std::string_view pattern : patterns) globs.push_back(known_good(pattern));
  return globs;
}

bool any_covers(const std::vector<Glob>& globs, std::string_view path) {
  return std::any_of(globs.begin(), globs.end(), [&](const Glob& glob) { return glob.covers(path); });
}

}  // namespace

Preset Preset::named(std::string_view name) {
  Preset preset;
  if (name != "ignition") return preset;
  preset.protected_paths = compiled(ignition_protected);
  for (const std::string_view pattern : ignition_replicated) {
    if (pattern.starts_with('!'))
      preset.not_replicated.push_back(known_good(pattern.substr(1)));
    else
      preset.replicated.push_back(known_good(pattern));
  }
  return preset;
}

bool Preset::replicates(std::string_view path) const {
  return any_covers(replicated, path) && !any_covers(not_replicated, path);
}

const std::vector<Glob>& always_excluded() {
  static const std::vector<Glob> globs = compiled(excluded);
  return globs;
}

}  // namespace stoker::merge
