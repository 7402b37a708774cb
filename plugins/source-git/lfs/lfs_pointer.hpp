// What Git LFS commits in place of a large file's content. Pure; any thread.
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

constexpr std::size_t pointer_bytes_max = 1024;  // from here on it is no pointer

// Nothing unless it is a whole pointer of version 1 of the format. One with lines of extensions is none: what is kept
// of it is the output of the extension's program, and its content is had by that program alone.
std::optional<Pointer> read_pointer(std::string_view blob);

// Does it begin like one, of whatever version?
bool looks_like_pointer(std::string_view blob);

}  // namespace stoker::git
