// A pattern that paths are held against. Pure. [any thread]
//
//   settings.json        every file of this name
//   .vscode/*.json       the end of a path, in whole parts
//   docs/**              everything below a folder of this name
//   /projects/x/**       a leading "/": from the root of the data directory
//
// "*" and "?" stay within one part, "**" stands for any number of parts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace json {

class PathPattern {
 public:
  explicit PathPattern(std::string_view text);
  bool fits(std::string_view path) const;

 private:
  std::vector<std::string> parts_;
};

}  // namespace json
