// Parses what a user may write as a ref, and finds the ref of a listing that it means. Pure. [any thread]
#pragma once

#include <stoker/records.hpp>
#include <stoker/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::git {

constexpr std::size_t sha_digits = 40;
constexpr std::size_t short_sha_digits_min = 7;

bool is_hex(std::string_view text);
std::string lower_hex(std::string_view text);

// Is it a name that git accepts below refs/, and that does not look like an option?
bool is_ref_name(std::string_view name);

// Fails with git.ref-invalid when the text is neither a name, nor a SHA, nor a range of tags.
Result<void> check_ref(std::string_view ref);

// The refs of the server: from the full name to the commit (for an annotated tag, the commit that it points to).
using Listing = std::map<std::string, std::string, std::less<>>;

// Adds one advertised ref; "refs/tags/v1^{}" overrides "refs/tags/v1". Ignores names that no user can write.
void add_advertised(Listing& listing, std::string_view name, std::string_view id);

// The prefixes of the names that `choose` looks for.
std::vector<std::string> prefixes_of(const std::vector<std::string_view>& refs);

// Finds a parsed ref in a listing: the exact name for "refs/...", otherwise a tag, then a branch, then a range of tags.
// The revision is empty when nothing has that name (it may still be a short SHA).
Resolved choose(const Listing& listing, std::string_view ref, std::vector<Note>& notes);

}  // namespace stoker::git
