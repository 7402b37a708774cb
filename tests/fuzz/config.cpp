// stoker.yaml: YAML, its schema, the typed reading, with two plugins whose settings have every kind of field.
#include "fuzz.hpp"

#include "host/config/config.hpp"

namespace {

const stoker::host::PluginSchemas& plugins() {
  static const stoker::host::PluginSchemas two = {
      {"source-git",
       {R"json({"type": "object", "additionalProperties": false, "required": ["url"], "properties": {
         "url": {"type": "string", "format": "uri"}, "depth": {"type": "integer", "minimum": 0, "default": 1},
         "cache": {"type": "string", "format": "bytes", "default": "1Gi"},
         "timeout": {"type": "string", "format": "duration", "default": "60s"},
         "key": {"x-stoker-secret": true, "minLength": 4}, "token": {"x-stoker-secret": "reference"},
         "mode": {"oneOf": [{"const": "fast"}, {"type": "object", "properties": {"slow": {"type": "number"}}}]},
         "more": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/one"}}},
         "$defs": {"one": {"type": "object", "properties": {"more": {"type": "array",
           "items": {"$ref": "#/$defs/one"}}, "name": {"type": "string", "default": "x"}}}}})json",
        {"stoker.source/1"}}},
      {"trigger-poll", {"", {"stoker.trigger/1"}}}};
  return two;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using stoker::fuzz::promise;
  const auto loaded =
      stoker::host::parse_config(stoker::fuzz::text_of(data, size), "/etc/stoker/stoker.yaml", plugins());
  promise(loaded.config.has_value() == loaded.errors.empty(), "a configuration, or what is wrong with it");
  promise(loaded.errors.size() <= stoker::host::config_errors_max, "the mistakes are bounded");
  (void)loaded.errors.text();
  if (!loaded.config) return 0;
  promise(loaded.config->state.is_absolute(), "the state is an absolute path");
  for (const auto& target : loaded.config->targets) promise(target.data.is_absolute(), "data is an absolute path");
  return 0;
}
