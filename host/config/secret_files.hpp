// Secrets on a plain machine: <state>/secrets/<name>/<key>, one file each, refused when others may read them. [worker]
#pragma once

#include "host/values/secret_ref.hpp"

#include <stoker/host.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace stoker::host {

constexpr std::size_t secret_bytes_max = 64 * 1024;

// The text of the file without line ends at its end. Links, and files that group or others may read, are refused.
Result<Secret> read_secret(const std::filesystem::path& state, const SecretRef& ref);

// The settings (JSON text) with each reference at an x-stoker-secret of the schema replaced by its text, for `create`.
// The answer holds secrets: it goes to the plugin and nowhere else.
Result<std::string> resolve_secrets(std::string_view schema, std::string_view settings,
                                    const std::filesystem::path& state);

}  // namespace stoker::host
