// Label selectors as users of clusters write them: "line=a,tier in (x, y),zone notin (z),b!=c,new,!old,n>4". Pure.
// [any]
#pragma once

#include <vector>

#include "json_text.hpp"

namespace stoker::local {

class Selector {
 public:
  // errc::invalid, "object.invalid", says what is wrong and where. An empty text fits everything.
  static Result<Selector> parse(std::string_view text);

  bool fits_all() const { return requirements_.empty(); }
  bool fits(const json::object& labels) const;
  // The same for labels as JSON text; empty: no labels.
  bool fits(std::string_view labels) const;

 private:
  friend class SelectorReader;
  struct Requirement {
    enum class Op { in, not_in, exists, absent, above, below };
    std::string key;
    Op op = Op::exists;
    std::vector<std::string> values;
    bool fits(const json::object& labels) const;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace stoker::local
