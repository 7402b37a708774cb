#include "conversion.hpp"

#include <iconv.h>
#include <algorithm>

#include <cerrno>

namespace stoker::git {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// What git counts to guess whether a file is text.
struct Count {
  std::size_t nul = 0, lone_cr = 0, lone_lf = 0, crlf = 0, printable = 0, other = 0;

  explicit Count(std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto c = static_cast<unsigned char>(bytes[i]);
      const bool before_lf = i + 1 < bytes.size() && bytes[i + 1] == '\n';
      if (c == '\r' && before_lf)
        ++crlf, ++i;
      else if (c == '\r')
        ++lone_cr;
      else if (c == '\n')
        ++lone_lf;
      else if (c == 0x7f || (c < ' ' && std::string_view("\b\t\x1b\f").find(bytes[i]) == std::string_view::npos))
        ++other, nul += c == 0 ? 1 : 0;
      else
        ++printable;
    }
    if (bytes.ends_with('\x1a')) --other;  // how old systems ended a text
  }
  bool is_text() const { return lone_cr == 0 && nul == 0 && printable / 128 >= other; }
};

std::string with_crlf(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 32);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) out += '\r';
    out += bytes[i];
  }
  return out;
}

Error not_encoded(const std::string& encoding, std::string_view why) {
  return Error(errc::invalid, "git: working-tree-encoding=" + encoding + ": " + std::string(why), "git.encoding");
}

// The mark that stands before the text, and the name by which iconv writes none.
struct Encoding {
  std::string_view mark;
  std::string name;
};

// git writes "UTF-16" and "UTF-32" with a mark, in the order of bytes of most machines; the names with "-BOM" are git's
// own.
Encoding encoding_of(const std::string& written) {
  using namespace std::string_view_literals;
  constexpr std::string_view little16 = "\xff\xfe"sv, big16 = "\xfe\xff"sv, little32 = "\xff\xfe\0\0"sv;
  const std::string name = lower(written);
  if (name == "utf-16" || name == "utf-16le-bom") return {little16, "UTF-16LE"};
  if (name == "utf-16be-bom") return {big16, "UTF-16BE"};
  if (name == "utf-32") return {little32, "UTF-32LE"};
  return {{}, written};
}

Result<std::string> encoded(const std::string& written, std::string_view bytes) {
  const bool is_name =
      written.size() <= 40 && std::all_of(written.begin(), written.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
      });
  const Encoding to = encoding_of(written);
  const iconv_t way = is_name ? ::iconv_open(to.name.c_str(), "UTF-8") : reinterpret_cast<iconv_t>(-1);
  if (way == reinterpret_cast<iconv_t>(-1))
    return not_encoded(is_name ? written : "?", "this machine does not know the encoding");
  std::string in(bytes), out(to.mark);
  char *from = in.data(), piece[4096];
  std::size_t left = in.size();
  bool whole = true;
  for (bool more = true; more && whole;) {
    char* into = piece;
    std::size_t room = sizeof piece;
    more = ::iconv(way, &from, &left, &into, &room) == static_cast<std::size_t>(-1);
    whole = !more || errno == E2BIG;
    out.append(piece, sizeof piece - room);
  }
  ::iconv_close(way);
  if (!whole) return not_encoded(written, "the file is not UTF-8, or has a character that the encoding lacks");
  return out;
}

}  // namespace

std::string Conversion::name() const {
  std::string name;
  if (line_ends == LineEnds::crlf) name += "+crlf";
  if (line_ends == LineEnds::crlf_if_text) name += "+auto-crlf";
  if (!encoding.empty()) name += "+" + encoding.substr(0, 64);
  return name;
}

Result<std::string> converted(const Conversion& conversion, std::string_view bytes) {
  using LineEnds = Conversion::LineEnds;
  const Count count(bytes);
  const bool guessed = count.is_text() && count.crlf == 0;
  const bool ends =
      conversion.line_ends == LineEnds::crlf || (conversion.line_ends == LineEnds::crlf_if_text && guessed);
  std::string text = ends ? with_crlf(bytes) : std::string(bytes);
  if (conversion.encoding.empty()) return text;
  return encoded(conversion.encoding, text);
}

}  // namespace stoker::git
