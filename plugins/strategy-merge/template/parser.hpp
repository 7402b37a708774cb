// Makes the tree of a template. Pure.
#pragma once

#include "lexer.hpp"
#include "tree.hpp"

#include <optional>

namespace stoker::merge::templates {

Result<std::unique_ptr<const Tree>> parse_tree(std::string source, std::string name);

}  // namespace stoker::merge::templates
