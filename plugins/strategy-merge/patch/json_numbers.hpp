// Numbers of JSON, as Go writes them after they went through a double, except that an integer keeps its digits. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoker::merge {

// As a plain decimal: `1.0` is 1, `1e3` is 1000, `1e-7` is 0.0000001. Nothing when it is too large for a double.
std::optional<std::string> plain_number(std::string_view literal);

// The same, but below 1e-6 and from 1e21 with an exponent, as encoding/json writes numbers within objects and arrays.
std::optional<std::string> encoded_number(std::string_view literal);

}  // namespace stoker::merge
