// Checks whether paths of a repository are safe to write on any file system. Pure. [any thread]
#pragma once

#include <string_view>

namespace stoker::git {

// Why a name in a tree is refused; empty when it is allowed. Refused are empty names, ".", "..", every spelling that a
// file system takes for ".git" (case, NTFS short names, streams and trailing dots, code points that HFS+ ignores),
// separators, control characters and what is not UTF-8.
std::string_view refused_name(std::string_view name);

// Is one of the names in the path refused?
bool is_refused(std::string_view path);

}  // namespace stoker::git
