// The syntax of one JSON text, checked while it streams by: strict JSON in UTF-8 without a byte order mark. Pure; one
// JsonSyntax per text, used by one thread, in constant memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace json {

constexpr std::size_t depth_max = 512;

// Where the text stops being JSON. Line and column count from 1; a column is a character (code point), not a byte.
struct Fault {
  std::size_t line = 1, column = 1;
  std::string what;  // "expected ',' or '}'"
};

class JsonSyntax {
 public:
  JsonSyntax();
  ~JsonSyntax();
  // The next bytes; false: a fault was found, what follows is not looked at.
  bool feed(std::string_view bytes);
  // The end of the text.
  std::optional<Fault> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace json
