// Secrets on a machine without a cluster: one file each, <state>/secrets/<name>/<key>. A file that other users can read
// is refused, unless it lies on a read-only mount, as container runtimes make them; so is one that they can replace.
// [worker]
#pragma once

#include "host/values/secret_ref.hpp"

#include <stoker/host.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace stoker::host {

constexpr std::size_t secret_bytes_max = 64 * 1024;

// The text of the file without a byte order mark at its beginning and without white space at its end. Fails for a
// symbolic link, for a file that the group or others may read or whose folders all may write to, for an empty file
// (secret.empty), and for bytes that are not UTF-8 (secret.not-utf8).
Result<Secret> read_secret(const std::filesystem::path& state, const SecretRef& ref);

// The settings (JSON text) with each reference at an x-stoker-secret of the schema replaced by its text, for `create`.
// The result holds secrets, so it must go to the plugin and nowhere else.
Result<std::string> resolve_secrets(std::string_view schema, std::string_view settings,
                                    const std::filesystem::path& state);

}  // namespace stoker::host
