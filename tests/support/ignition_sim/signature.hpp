// The stamp of a resource.json: its signature in both forms and how the gateway rewrites one (ignition 4.2, 4.3).
// Pure functions over texts; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <stoker/result.hpp>

namespace ignition_sim {

enum class SignatureForm { v8_1, v8_3 };

using Files = std::map<std::string, std::string>;  // name within the resource's folder -> bytes

// `lastModificationSignature` as the gateway computes it for this resource.json and these files. Fails when the text is
// no resource.json or a listed file is absent.
stoker::Result<std::string> resource_signature(std::string_view resource_json, const Files& files, SignatureForm form);

// The signature that stands in the text; nullopt when there is none.
std::optional<std::string> stored_signature(std::string_view resource_json);

// The text with a new lastModification and signature; everything else keeps its order and bytes, but for line ends (LF)
// and the end of the file (no newline), which the gateway writes its own way.
stoker::Result<std::string> stamped(std::string_view resource_json, const Files& files, SignatureForm form,
                                    std::string_view actor, std::string_view timestamp);

// "2025-01-02T03:04:05Z"
std::string stamp_time(std::int64_t epoch_ms);

}  // namespace ignition_sim
