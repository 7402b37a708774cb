// Reads one GatewaySync object: a document of a YAML file, or a stored object. A field of a feature that this version
// does not have is an error that names the field. It is never ignored, because a user would believe that it works.
// [any thread]
#pragma once

#include "host/config/sync_defaults.hpp"
#include "host/config/validation.hpp"
#include "host/config/yaml_document.hpp"

#include <stoker/result.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace stoker::host {

// A field of a feature that this version does not have. `*` in the pointer stands for any one step. `type`: what the
// field will hold: object, string, or a list of objects or strings.
struct LaterField {
  std::string_view pointer, type;
};
const std::vector<LaterField>& later_fields();

// What stands against storing this object: fields of later versions, annotations that nobody knows, the schema, and
// sources that contradict themselves. The rules of its profiles are left to the reading.
std::vector<Violation> gateway_sync_violations(const boost::json::value& document);

// No value when the document has mistakes; they are added to `errors`. `defaults`: what counts where it says nothing.
std::optional<SyncSpec> read_gateway_sync(const YamlDocument& document, ConfigErrors& errors,
                                          const SyncDefaults& defaults = {});

// The same of a stored object, as JSON text. The message names the object in the place of a file; code
// "object.invalid".
Result<SyncSpec> sync_of(std::string_view document, const SyncDefaults& defaults = {});

}  // namespace stoker::host
