#include "host/values/sync_spec.hpp"

namespace stoker::host {

std::string_view name(MappingType type) {
  switch (type) {
    case MappingType::inferred: return "";
    case MappingType::dir: return "dir";
    case MappingType::file: return "file";
  }
  return "";
}

std::optional<MappingType> mapping_type_of(std::string_view text) {
  for (const MappingType type : {MappingType::inferred, MappingType::dir, MappingType::file})
    if (name(type) == text) return type;
  return std::nullopt;
}

std::string_view name(DesignerPolicy policy) {
  switch (policy) {
    case DesignerPolicy::proceed: return "proceed";
    case DesignerPolicy::wait: return "wait";
    case DesignerPolicy::fail: return "fail";
  }
  return "proceed";
}

std::optional<DesignerPolicy> designer_policy_of(std::string_view text) {
  for (const DesignerPolicy policy : {DesignerPolicy::proceed, DesignerPolicy::wait, DesignerPolicy::fail})
    if (name(policy) == text) return policy;
  return std::nullopt;
}

std::string SourceSpec::contents() const {
  return std::string(lfs ? "lfs" : "") + (lfs && submodules ? " " : "") + (submodules ? "submodules" : "");
}

const std::string& SyncSpec::wanted_ref() const {
  const auto bare = [](std::string_view text) { return text.starts_with('v') ? text.substr(1) : text; };
  return requested_ref.empty() || bare(requested_ref) == bare(ref) ? ref : requested_ref;
}

}  // namespace stoker::host
