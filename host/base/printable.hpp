// Text of others made safe to print: valid UTF-8 of bounded length in which no control character is left, so that it
// can neither forge a line nor steer a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoker::host {

// Controls come out as \n, \t, \r or \u00XX; with `quotes` also \" and \\, as inside a JSON string. What is not UTF-8
// becomes U+FFFD; past `bytes_max` of input the rest is an ellipsis.
std::string printable(std::string_view text, std::size_t bytes_max, bool quotes = false);

}  // namespace stoker::host
