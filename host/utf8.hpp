// Is it text? Of what comes from outside: files that people write, answers of plugins. Pure. [any thread]
#pragma once

#include <string_view>

namespace stoker::host {

// Well-formed UTF-8 (no surrogates, no overlong forms, nothing past U+10FFFF) without NUL.
bool valid_utf8(std::string_view text);

}  // namespace stoker::host
