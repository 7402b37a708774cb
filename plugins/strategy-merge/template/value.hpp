// A value while a template is rendered. Its text belongs to the tree, to the values or to the renderer. Pure.
#pragma once

#include "template.hpp"

#include <cstdint>
#include <string_view>

namespace stoker::merge::templates {

struct Value {
  // byte: one byte of a text. root: all values together, as dot is at first.
  enum class Kind : std::uint8_t { nil, boolean, integer, byte, text, map, root };
  Kind kind = Kind::nil;
  std::int64_t number = 0;  // of boolean, integer and byte
  std::string_view text;    // of a map: its name
  const Texts* entries = nullptr;

  static Value of(bool b) { return {Kind::boolean, b ? 1 : 0, {}, nullptr}; }
  static Value of(std::int64_t n) { return {Kind::integer, n, {}, nullptr}; }
  static Value of(std::string_view text) { return {Kind::text, 0, text, nullptr}; }
  static Value of_byte(unsigned char byte) { return {Kind::byte, byte, {}, nullptr}; }
  static Value of_map(std::string_view name, const Texts& entries) { return {Kind::map, 0, name, &entries}; }
  static Value root() { return {Kind::root, 0, {}, nullptr}; }

  bool is_number() const { return kind == Kind::integer || kind == Kind::byte; }
  bool truth() const {
    switch (kind) {
      case Kind::nil: return false;
      case Kind::boolean:
      case Kind::integer:
      case Kind::byte: return number != 0;
      case Kind::text: return !text.empty();
      case Kind::map: return !entries->empty();
      case Kind::root: return true;
    }
    return false;
  }
};

// The name of the type, as %T and the forms of printf for a wrong argument have it.
constexpr std::string_view type_name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::nil: return "nil";
    case Value::Kind::boolean: return "bool";
    case Value::Kind::integer: return "int";
    case Value::Kind::byte: return "uint8";
    case Value::Kind::text: return "string";
    case Value::Kind::map: return "map";
    case Value::Kind::root: return "all values";
  }
  return "nil";
}

}  // namespace stoker::merge::templates
