// The value of a patch: a text that a person wrote, after its placeholders were filled in, becomes JSON. Pure.
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::merge {

constexpr std::size_t patch_value_bytes_max = 1u << 20;
constexpr std::size_t patch_value_depth_max = 256;

// The bytes that the value has in a file. When the whole text is JSON it is that value, compact and with the keys of
// objects sorted; the last of equal keys counts. Otherwise it is a text: `007`, `True`, `10.0.0.1` and nothing at all.
// Fails with merge.bad-patch when it is too long or nested too deep.
Result<std::string> value_in_json(std::string_view text);

}  // namespace stoker::merge
