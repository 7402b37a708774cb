// What a mapping makes of the files of its source: a copy, or what the template in a file gives with the values of the
// target. Plan, stage and content read files through it, so all of them see the same bytes. A value.
#pragma once

#include "assignment.hpp"
#include "template/template.hpp"

#include <stoker/strategy.hpp>

#include <functional>

namespace stoker::merge {

// The texts belong to the assignment.
templates::Values values_of(const Assignment& assignment);

// Equal for equal values: what was rendered under another text may be out of date.
std::string text_of(const templates::Values& values);

class Rendering {
 public:
  Rendering() = default;  // copies everything
  explicit Rendering(const Assignment& assignment) : assignment_(assignment) {}

  // Are the files of this mapping rendered?
  bool renders(std::uint32_t mapping) const {
    return mapping < assignment_.mappings.size() && assignment_.mappings[mapping].rendered;
  }
  // Hands out the bytes that a file of the source becomes, piece by piece. An Error of `each` ends it and is returned.
  Result<void> read(Call& call, const View& view, const std::string& origin, std::uint32_t mapping,
                    const std::function<Result<void>(std::string_view)>& each) const;

 private:
  Assignment assignment_;
};

}  // namespace stoker::merge
