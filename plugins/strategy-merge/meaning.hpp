// The meaning of a resource.json: all of it but the stamp (who changed it, when, and its signature) that a gateway
// writes into it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge {

constexpr std::uint64_t resource_bytes_max = 1u << 20;  // a longer one is compared by its bytes

constexpr std::string_view resource_file = "resource.json";
inline bool is_resource(std::string_view path) { return path == "resource.json" || path.ends_with("/resource.json"); }

struct Resource {
  std::string meaning;  // SHA-256 (hex) of the document without lastModification and lastModificationSignature
  std::string actor;    // who wrote it last; may be empty
  std::vector<std::string> files;
};

// No value when the bytes are not a resource.json.
std::optional<Resource> read_resource(std::string_view bytes);

}  // namespace stoker::merge
