// See printable.hpp.
#include "host/base/printable.hpp"

#include <stoker/utf8.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

void escape(std::string& out, unsigned char control) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (control) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  out += "\\u00";
  out += digits[control >> 4];
  out += digits[control & 15];
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max, bool quotes) {
  std::string out;
  out.reserve(std::min(text.size(), bytes_max) + 8);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_length(text.substr(at));
    if (at + (size ? size : 1) > bytes_max) return out += "\u2026";
    const auto lead = static_cast<unsigned char>(text[at]);
    if (size == 0) {
      out += "\uFFFD";
    } else if (lead < 0x20 || lead == 0x7F) {
      escape(out, lead);
    } else if (lead == 0xC2 &&
               static_cast<unsigned char>(text[at + 1]) < 0xA0) {  // C1 control characters, which some terminals act on
      escape(out, static_cast<unsigned char>(text[at + 1]));
    } else {
      if (quotes && (lead == '"' || lead == '\\')) out += '\\';
      out += text.substr(at, size);
    }
    at += size ? size : 1;
  }
  return out;
}

}  // namespace stoker::host
