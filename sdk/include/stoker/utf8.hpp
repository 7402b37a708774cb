// SPDX-License-Identifier: Apache-2.0
// Checks UTF-8 in bytes that come from outside, character by character. Pure. [any thread]
#pragma once

#include <cstddef>
#include <string_view>

namespace stoker {

// The number of bytes of the character at the start of `text`. 0: there is no valid character, or the text is empty.
// Overlong forms, surrogates and values above U+10FFFF are not valid.
constexpr std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return 0;
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool no_character = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || no_character ? 0 : size;
}

}  // namespace stoker
