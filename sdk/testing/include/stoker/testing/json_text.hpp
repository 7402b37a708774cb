// SPDX-License-Identifier: Apache-2.0
// JsonText: reads values of a JSON text by JSON pointer. The fake host answers `value` and `keys` with it.
//
// It checks the whole text first and then refers to parts of it; it builds no values. It is for tests: the real host
// has a reader of its own, and a plugin uses Host::value. Depends on the standard library only. Pure. [any thread]
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker::testing {

// One JSON value within a text that somebody else owns: valid as long as that text.
class JsonText {
 public:
  static constexpr int depth_max = 64;  // of nested arrays and objects; a deeper text is refused

  // The value that `text` is. Nothing when `text` is not exactly one JSON value.
  static std::optional<JsonText> parse(std::string_view text) {
    Reader reader{text};
    reader.space();
    const std::size_t begin = reader.at;
    if (!reader.skip_value(0)) return std::nullopt;
    JsonText value(text.substr(begin, reader.at - begin));
    reader.space();
    if (reader.at != text.size()) return std::nullopt;
    return value;
  }

  // The value at a JSON pointer (RFC 6901); "" is this value itself. Nothing when there is none.
  std::optional<JsonText> at(std::string_view pointer) const {
    JsonText found = *this;
    while (!pointer.empty()) {
      if (pointer.front() != '/') return std::nullopt;
      pointer.remove_prefix(1);
      const std::size_t end = pointer.find('/');
      const std::string name = token(pointer.substr(0, end));
      pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
      auto next = found.member(name);
      if (!next) return std::nullopt;
      found = *next;
    }
    return found;
  }

  // The value as it stands in the text.
  std::string_view json() const { return text_; }
  bool is_null() const { return text_ == "null"; }

  // A string without its quotes and escapes; any other value as it stands in the text.
  std::string plain() const { return text_.front() == '"' ? unescaped(text_) : std::string(text_); }

  // The keys and values of an object, in order; those of an array have the keys "0", "1", ...; empty for any other
  // value.
  std::vector<std::pair<std::string, JsonText>> members() const {
    std::vector<std::pair<std::string, JsonText>> found;
    const bool object = text_.front() == '{';
    if (!object && text_.front() != '[') return found;
    const char close = object ? '}' : ']';
    Reader reader{text_, 1};
    if (reader.take(close)) return found;
    do {
      std::string key = std::to_string(found.size());
      reader.space();
      if (object) {
        const std::size_t begin = reader.at;
        reader.skip_string();
        key = unescaped(text_.substr(begin, reader.at - begin));
        reader.take(':');
        reader.space();
      }
      const std::size_t begin = reader.at;
      reader.skip_value(0);
      found.emplace_back(std::move(key), JsonText(text_.substr(begin, reader.at - begin)));
    } while (reader.take(','));
    return found;
  }

  // The keys alone.
  std::vector<std::string> keys() const {
    std::vector<std::string> found;
    for (auto& [key, value] : members()) found.push_back(std::move(key));
    return found;
  }

 private:
  struct Reader {
    std::string_view text;
    std::size_t at = 0;

    bool next_is(char wanted) const { return at < text.size() && text[at] == wanted; }
    bool take(char wanted) {
      space();
      if (!next_is(wanted)) return false;
      ++at;
      return true;
    }
    void space() {
      while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
    }
    bool skip_word(std::string_view word) {
      if (text.substr(at, word.size()) != word) return false;
      at += word.size();
      return true;
    }
    bool skip_digits() {
      const std::size_t begin = at;
      while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
      return at != begin;
    }
    bool skip_number() {
      if (next_is('-')) ++at;
      if (next_is('0'))
        ++at;
      else if (!skip_digits())
        return false;
      if (next_is('.')) {
        ++at;
        if (!skip_digits()) return false;
      }
      if (next_is('e') || next_is('E')) {
        ++at;
        if (next_is('+') || next_is('-')) ++at;
        return skip_digits();
      }
      return true;
    }
    bool skip_string() {
      if (!next_is('"')) return false;
      for (++at; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == '"') {
          ++at;
          return true;
        }
        if (byte < 0x20) return false;
        if (byte != '\\') continue;
        if (++at >= text.size() || !skip_escape()) return false;
      }
      return false;
    }
    // From the character behind the backslash; leaves `at` on the last one of the escape.
    bool skip_escape() {
      if (text[at] != 'u') return std::string_view("\"\\/bfnrt").find(text[at]) != std::string_view::npos;
      for (int digit = 0; digit < 4; ++digit)
        if (++at >= text.size() || hex(text[at]) < 0) return false;
      return true;
    }
    bool skip_value(int depth) {
      if (depth > depth_max || at >= text.size()) return false;
      switch (text[at]) {
        case '{': return skip_members('}', depth);
        case '[': return skip_members(']', depth);
        case '"': return skip_string();
        case 't': return skip_word("true");
        case 'f': return skip_word("false");
        case 'n': return skip_word("null");
        default: return skip_number();
      }
    }
    bool skip_members(char close, int depth) {
      ++at;
      if (take(close)) return true;
      do {
        space();
        if (close == '}' && !(skip_string() && take(':'))) return false;
        space();
        if (!skip_value(depth + 1)) return false;
      } while (take(','));
      return take(close);
    }
  };

  explicit JsonText(std::string_view text) : text_(text) {}

  std::optional<JsonText> member(std::string_view wanted) const {
    std::optional<JsonText> found;
    for (const auto& [key, value] : members())
      if (key == wanted) found = value;
    return found;
  }

  static std::string token(std::string_view part) {
    std::string name;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '~' && i + 1 < part.size())
        name += part[++i] == '1' ? '/' : '~';
      else
        name += part[i];
    }
    return name;
  }

  static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  static std::uint32_t unit(std::string_view digits) {
    std::uint32_t value = 0;
    for (const char digit : digits) value = value * 16 + static_cast<std::uint32_t>(hex(digit));
    return value;
  }

  static void append_utf8(std::string& out, std::uint32_t point) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    if (point < 0x80) return byte(point);
    if (point < 0x800) {
      byte(0xC0 | (point >> 6));
    } else {
      if (point < 0x10000) {
        byte(0xE0 | (point >> 12));
      } else {
        byte(0xF0 | (point >> 18));
        byte(0x80 | ((point >> 12) & 0x3F));
      }
      byte(0x80 | ((point >> 6) & 0x3F));
    }
    byte(0x80 | (point & 0x3F));
  }

  static std::string unescaped(std::string_view quoted) {
    std::string out;
    const std::string_view text = quoted.substr(1, quoted.size() - 2);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      switch (text[++i]) {
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          std::uint32_t point = unit(text.substr(i + 1, 4));
          i += 4;
          const bool high = point >= 0xD800 && point < 0xDC00;
          if (high && text.substr(i + 1, 2) == "\\u") {
            point = 0x10000 + ((point - 0xD800) << 10) + (unit(text.substr(i + 3, 4)) - 0xDC00);
            i += 6;
          }
          append_utf8(out, point);
          break;
        }
        default: out += text[i];
      }
    }
    return out;
  }

  std::string_view text_;
};

}  // namespace stoker::testing
