// Texts and characters in quotation marks, with the escapes of Go: read from a template, and written by %q. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoker::merge::templates {

// The text between the marks, with "…" or `…` around it. No value: an escape that does not exist.
std::optional<std::string> unquote(std::string_view quoted);
// The code point of '…'.
std::optional<char32_t> unquote_rune(std::string_view quoted);

std::string quote(std::string_view text, bool ascii_only);
std::string quote_rune(char32_t code, bool ascii_only);
// May the text stand between back quotes as it is?
bool fits_back_quotes(std::string_view text);

}  // namespace stoker::merge::templates
