// The pointer that Git LFS commits in place of the content of a large file. Pure. [any thread]
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::git {

struct Pointer {
  std::string oid;  // SHA-256 of the content, 64 lower case digits
  std::uint64_t bytes = 0;
};

constexpr std::size_t pointer_bytes_max = 1024;  // a longer file is not a pointer

// No value unless the text is a complete pointer of version 1. A pointer with extensions is not accepted: the stored
// file is then the output of a program, and only that program can restore the content.
std::optional<Pointer> read_pointer(std::string_view blob);

// Does the text begin like a pointer of any version?
bool looks_like_pointer(std::string_view blob);

}  // namespace stoker::git
