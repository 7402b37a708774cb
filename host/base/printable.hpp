// Makes text from outside safe to print: valid UTF-8 of bounded length without control characters, so that it can
// neither forge a line of the log nor control a terminal. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoker::host {

// Control characters become \n, \t, \r or \u00XX. With `quotes`, " and \ are escaped too, as in a JSON string. Bytes
// that are not UTF-8 become U+FFFD. Input past `bytes_max` becomes an ellipsis.
std::string printable(std::string_view text, std::size_t bytes_max, bool quotes = false);

}  // namespace stoker::host
