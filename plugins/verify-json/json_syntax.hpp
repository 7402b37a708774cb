// Checks the syntax of one JSON text while it is read in pieces: strict JSON in UTF-8 without a byte order mark. Pure.
// One JsonSyntax for each text; it is used by one thread and needs constant memory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace json {

constexpr std::size_t depth_max = 512;

// The place where the text stops being valid JSON. Line and column count from 1; a column is a character (code point),
// not a byte.
struct Fault {
  std::size_t line = 1, column = 1;
  std::string what;  // "expected ',' or '}'"
};

class JsonSyntax {
 public:
  JsonSyntax();
  ~JsonSyntax();
  // Takes the next bytes. False: a fault was found, and further bytes are ignored.
  bool feed(std::string_view bytes);
  // Called at the end of the text.
  std::optional<Fault> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace json
