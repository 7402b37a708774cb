// Which paths of a repository are safe to be written anywhere. Pure; any thread.
#pragma once

#include <string_view>

namespace stoker::git {

// Why one name of a tree is refused; empty if it is fine. Refused are empty names, ".", "..", every spelling of ".git"
// that a file system takes for it (case, NTFS short names, streams and trailing dots, code points that HFS+ ignores),
// separators, control characters and what is not UTF-8.
std::string_view refused_name(std::string_view name);

}  // namespace stoker::git
