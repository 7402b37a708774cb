// A GatewaySync file: YAML, the accepted fields, the merge of defaults and profile; then the way of a profile through
// an assignment's document into the strategy's mappings.
#include "fuzz.hpp"

#include "host/config/gateway_sync.hpp"
#include "host/values/briefing.hpp"
#include "plugins/strategy-merge/assignment.hpp"
#include "plugins/strategy-merge/mapping.hpp"

namespace {

using stoker::fuzz::promise;

void lead_to_mappings(const stoker::host::SyncSpec& spec, const stoker::host::SyncProfile& profile) {
  stoker::host::Assignment assignment;
  assignment.sync = spec.name;
  assignment.target = assignment.pod = "press-1";
  assignment.revision = std::string(40, 'a');
  assignment.profile = profile.profile;
  assignment.source = spec.source;
  const auto again = stoker::host::assignment_from_json(to_json(assignment));
  promise(again && again->profile == assignment.profile && again->source == assignment.source,
          "a document gives its assignment back");
  const auto read = stoker::merge::Assignment::parse(document_of(stoker::host::Briefing(assignment)));
  promise(bool(read), "the strategy reads what the host writes");
  const auto preset = stoker::merge::Preset::named("ignition");
  const auto mappings = stoker::merge::Mappings::resolve(*read, preset, ".stoker");
  if (!mappings) return;
  for (const auto& mapping : mappings->all()) {
    const std::string& path = mapping.destination;
    promise(!path.starts_with('/') && path != ".." && !path.starts_with("../") && !path.ends_with("/..") &&
                path.find("/../") == std::string::npos,
            "a destination stays below the data root");
    (void)mappings->reach("projects/a/resource.json", &mapping);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = stoker::host::parse_yaml(stoker::fuzz::text_of(data, size), "sync.yaml");
  for (const auto& document : file.documents) {
    stoker::host::ConfigErrors errors;
    const auto spec = read_gateway_sync(document, errors);
    promise(spec.has_value() == errors.empty(), "a Sync, or what is wrong with it");
    (void)errors.text();
    if (!spec) continue;
    for (const auto& [name, profile] : spec->profiles) lead_to_mappings(*spec, profile);
  }
  return 0;
}
