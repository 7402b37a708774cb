// What a plugin hands over, judged: texts and paths. Whatever is wrong with it is the plugin's defect and has one code.
// Pure. [any thread]
#pragma once

#include <stoker/abi/core.h>
#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::host {

constexpr std::size_t plugin_text_bytes_max = 8192;

// Code "host.plugin-misbehaving".
Error misbehaving(std::string what);

// UTF-8 without NUL, of bounded length, no length without a text.
Result<void> check_text(stoker_str text, std::string_view what, std::size_t bytes_max = plugin_text_bytes_max);

// A path as the ABI wants it: relative, `/`-separated, without `.`, `..` and empty parts, valid UTF-8, at most 4 KiB.
bool valid_path(std::string_view path);
Result<void> check_path(stoker_str path);

// One JSON document, as deep as the host reads them. Empty: `may_be_empty`.
Result<void> check_document(std::string_view text, std::string_view what, bool may_be_empty);

}  // namespace stoker::host
