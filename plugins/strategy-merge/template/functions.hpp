// The functions of the language. `and` and `or` are not called here, because they evaluate their arguments one by one.
// Pure.
#pragma once

#include "value.hpp"

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace stoker::merge::templates {

// What a function needs beside its arguments.
struct Workspace {
  explicit Workspace(const Budget& limits) : budget(limits) {}
  const Budget& budget;
  std::uint64_t steps = 0, made_bytes = 0;
  std::deque<std::string> made;  // texts that functions made
  Uses uses;
  std::string why;  // why a function failed
  std::string_view code = "merge.bad-template";

  // Counts work; false when the budget is used up.
  bool spend(std::uint64_t more);
  // Room for so many more bytes?
  bool room_for(std::uint64_t bytes);
  std::optional<Value> keep(std::string text);
  std::optional<Value> refuse(std::string reason);
  void read(const Value& map);                        // as a whole
  void read(const Value& map, std::string_view key);  // one key
};

struct Function {
  std::string_view name;
  std::size_t least, most;  // arguments
  std::optional<Value> (*call)(std::span<const Value> arguments, Workspace& work);
};

const Function* find_function(std::string_view name);
// Is it a function of text/template that is left out on purpose?
bool is_refused_function(std::string_view name);

// The text of a value between others. No value: it is a map or all values.
std::optional<std::string> printed(const Value& value);

}  // namespace stoker::merge::templates
