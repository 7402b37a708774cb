// A parsed template: blocks, in which pipelines stand, made of commands, made of operands. All texts of the tree lie in
// its source, or among its unquoted texts. Pure; made by the parser, walked by the renderer.
#pragma once

#include "value.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::merge::templates {

struct Pipeline;

struct Operand {
  enum class Kind : std::uint8_t {
    constant,
    dot,
    function,  // `name`
    variable,  // `name`, and fields behind it
    field,     // fields of dot
    pipeline,  // in parentheses, and fields behind it
  };
  Kind kind = Kind::constant;
  std::uint32_t at = 0;
  std::string_view name;
  Value constant;
  std::vector<std::string_view> fields;  // without their dots
  std::unique_ptr<Pipeline> pipeline;
};

using Command = std::vector<Operand>;  // the first one is called when it is a function

struct Pipeline {
  std::uint32_t at = 0;
  bool assigns = false;                     // = and not :=
  std::vector<std::string_view> variables;  // with their $
  std::vector<Command> commands;
};

struct Block {
  enum class Kind : std::uint8_t { text, action, branch, with, range, leave, next };
  Kind kind = Kind::text;
  std::uint32_t at = 0;
  std::string_view text;
  Pipeline pipeline;
  std::vector<Block> body, otherwise;
};

struct Tree {
  std::string source, name;
  std::deque<std::string> unquoted;
  std::vector<Block> blocks;
};

}  // namespace stoker::merge::templates
