// See printable.hpp.
#include <host/services/printable.hpp>

#include <algorithm>

namespace stoker::host {
namespace {

// The length of the UTF-8 sequence that `text` begins with; 0: it begins with none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
  if (lead == 0xED && byte(1) > 0x9F) return 0;  // surrogates
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  if (lead == 0xF4 && byte(1) > 0x8F) return 0;
  return size;
}

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
    const std::size_t size = sequence(text.substr(at));
    if (at + (size ? size : 1) > bytes_max) return out += "\u2026";
    const auto lead = static_cast<unsigned char>(text[at]);
    if (size == 0) {
      out += "\uFFFD";
    } else if (lead < 0x20 || lead == 0x7F) {
      escape(out, lead);
    } else if (lead == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) {  // C1: some terminals obey them
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
