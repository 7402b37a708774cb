// Reads one GatewaySync object: the same YAML as on a cluster. A field of a feature that this version does not have is
// an error that names the field. It is never ignored, because a user would believe that it works. [any thread]
#pragma once

#include <stoker/result.hpp>
#include "host/config/yaml_document.hpp"
#include "host/values/sync_spec.hpp"

#include <optional>

namespace stoker::host {

// No value when the document has mistakes; they are added to `errors`.
std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors);

Result<SyncSpec> sync_of(std::string_view document);

}  // namespace stoker::host
