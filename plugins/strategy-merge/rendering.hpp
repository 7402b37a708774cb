// What a mapping makes of a file of its source: a copy, or what its template gives with the values of the target, and
// then what the patches make of that. Plan, stage and content read files through it, so all of them see the same bytes.
// A value.
#pragma once

#include "mapping.hpp"
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
  Rendering(const Assignment& assignment, const Mappings& mappings) : assignment_(assignment), mappings_(mappings) {}

  // The entries of patches that apply to a live path of this mapping.
  FilePatches patches_for(std::uint32_t mapping, std::string_view path) const;
  // Is the file that the mapping delivers to this path more than a copy?
  bool renders(std::uint32_t mapping, std::string_view path) const {
    return mapping < mappings_.all().size() &&
           (mappings_.all()[mapping].rendered || !patches_for(mapping, path).empty());
  }
  // The bytes that a rendered file of the source becomes, held in memory.
  Result<Patched> render(Call& call, const View& view, const std::string& origin, std::uint32_t mapping) const;
  // Hands out the bytes that any file of the source becomes, piece by piece. An Error of `each` ends it and is
  // returned.
  Result<void> read(Call& call, const View& view, const std::string& origin, std::uint32_t mapping,
                    const std::function<Result<void>(std::string_view)>& each) const;

 private:
  Assignment assignment_;
  Mappings mappings_;
};

}  // namespace stoker::merge
