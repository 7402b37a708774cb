// A GatewaySync file: YAML, the accepted fields, the merge of defaults and profile; then the way of a profile through
// an assignment's document into the strategy's mappings. The same document as an object that is to be stored.
#include "fuzz.hpp"

#include "host/config/gateway_sync.hpp"
#include "host/config/kinds.hpp"
#include "host/values/briefing.hpp"
#include "plugins/strategy-merge/assignment.hpp"
#include "plugins/strategy-merge/mapping.hpp"

#include <boost/json.hpp>

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
  const std::string target =
      R"({"apiVersion":"stoker.io/v1alpha1","kind":"SyncTarget","metadata":{"name":"press-1"},"spec":)" +
      to_json(assignment) + "}";
  promise(bool(stoker::host::check_object("synctargets.stoker.io", "", target)), "an assignment is a spec");
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

void store(const boost::json::value& document, bool has_mistakes) {
  const std::string text = boost::json::serialize(document);
  for (const stoker::host::Kind& kind : stoker::host::kinds()) {
    const auto stored = stoker::host::check_object(kind.resource, "", text);
    if (!stored) continue;
    promise(stoker::host::check_object(kind.resource, *stored, *stored).value_or("") == *stored,
            "what is stored can be written again");
    promise(kind.singular != "gatewaysync" || has_mistakes || bool(stoker::host::sync_of(*stored)),
            "a stored object has no mistake that its file has not");
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
    store(document.value(), !spec);
    if (!spec) continue;
    for (const auto& [name, profile] : spec->profiles) lead_to_mappings(*spec, profile);
  }
  return 0;
}
