// Reads one GatewaySync object: the same YAML as on a cluster. A field whose feature is not there yet is refused by
// name, never ignored. [any thread]
#pragma once

#include "host/config/yaml_document.hpp"
#include "host/values/sync_spec.hpp"

#include <optional>

namespace stoker::host {

// Nothing when the document has mistakes; they are added to `errors`.
std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors);

}  // namespace stoker::host
