// Checks text that comes from outside: files that people write, answers of plugins. Pure. [any thread]
#pragma once

#include <cstddef>
#include <string_view>

namespace stoker::host {

// Well-formed UTF-8 (no surrogates, no overlong forms, nothing past U+10FFFF) without NUL.
bool valid_utf8(std::string_view text);

// The beginning of the text, at most `bytes_max` long. It never ends within a character, because a document with a part
// of a character could not be read again.
std::string_view beginning(std::string_view text, std::size_t bytes_max);

}  // namespace stoker::host
