// Digests as Ignition uses them: SHA-256 in hex and in base64url, and the hash under which an API key lies on disk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ignition_sim {

std::string sha256(std::string_view bytes);  // 32 raw bytes
std::string sha256_hex(std::string_view bytes);
std::string hex(std::string_view bytes);
std::string base64url(std::string_view bytes);  // without padding
std::optional<std::string> from_base64url(std::string_view text);

// What `settings.tokenHash` of an api-token holds (ignition 2.7); nullopt when the secret is not base64url.
std::optional<std::string> token_hash(std::string_view secret);

}  // namespace ignition_sim
