// What a user may write as a ref, and which ref of a listing it means. Pure; any thread.
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

// A name that Git itself would accept below refs/, and that does not look like an option.
bool is_ref_name(std::string_view name);

// Refused with git.ref-invalid: anything that is neither a name, nor a SHA, nor a range of tags.
Result<void> check_ref(std::string_view ref);

// The refs of the other side: full name to the commit that it means (annotated tags peeled).
using Listing = std::map<std::string, std::string, std::less<>>;

// Adds one advertised ref; "refs/tags/v1^{}" overrides "refs/tags/v1". Names that no user could write are left out.
void add_advertised(Listing& listing, std::string_view name, std::string_view id);

// How the names begin that `choose` looks for.
std::vector<std::string> prefixes_of(const std::vector<std::string_view>& refs);

// What a checked ref means in a listing: exact for "refs/...", tag before branch, then a range of tags. An empty
// revision: nothing has that name (it may still be a short SHA).
Resolved choose(const Listing& listing, std::string_view ref, std::vector<Note>& notes);

}  // namespace stoker::git
