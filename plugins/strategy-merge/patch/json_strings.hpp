// Texts in quotes, as Go reads and writes them. Patched files must not differ by a byte from those that a Go program
// with encoding/json would write. Pure.
#pragma once

#include <string>
#include <string_view>

namespace stoker::merge {

// What a text of valid JSON says, given with its quotes. Half of a surrogate pair becomes U+FFFD. Bytes that are not
// UTF-8 stay as they are.
std::string said_by(std::string_view quoted);

// The same text with U+FFFD for each byte that is not UTF-8.
std::string in_utf8(std::string_view text);

// As encoding/json writes it: `<`, `>`, `&`, U+2028 and U+2029 as escapes, and \ufffd for a byte that is not UTF-8.
void append_encoded(std::string& into, std::string_view text);

// The same, except that a text of the bytes 0x20-0x7f without `"` and `\` is written as it is.
void append_quoted(std::string& into, std::string_view text);

}  // namespace stoker::merge
