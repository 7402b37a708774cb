// Sets values in a JSON text by changing its bytes in place. All bytes outside of the changed value stay as they are:
// the order of keys, spaces, line ends, how numbers and texts are written. Pure. Two things differ, as they do in
// sjson: a new key or element of the outermost value drops the white space around the document, and an element behind
// the end of an array, by its index, drops the white space between the elements of that array.
#pragma once

#include "patch_path.hpp"

#include <stoker/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stoker::merge {

constexpr std::uint64_t array_padding_max = 1024;  // elements `null` before a new one

struct PatchLimits {
  std::size_t file_bytes_max = 64u << 20;      // before and after
  std::uint64_t read_bytes_max = 16ull << 30;  // bytes of the file x parts of all paths: each part may read all of it
};

struct ValueToSet {
  PatchPath path;
  std::string json;  // what value_in_json() made
};

struct Patched {
  std::string bytes;
  std::vector<std::string> notes;  // "'a.b' was a number and is now an object"
};

// Sets all values, in their order. Fails with
//   merge.not-json      when the bytes are not valid JSON, with the place
//   merge.patch-place   when a part of a path does not fit what is there
//   merge.patch-limit   when the file is or becomes too large
Result<Patched> set_values(std::string bytes, std::span<const ValueToSet> values, const PatchLimits& limits = {});

}  // namespace stoker::merge
