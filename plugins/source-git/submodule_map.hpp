// What a repository says of its submodules: the file .gitmodules, and URLs that are relative to its own. Pure; any
// thread.
#pragma once

#include <stoker/result.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace stoker::git {

// URL by path. Sections other than submodules and all their other settings are passed over, so that nothing of them can
// do anything. git.submodules-invalid, with the line.
using SubmoduleMap = std::map<std::string, std::string, std::less<>>;
Result<SubmoduleMap> read_gitmodules(std::string_view text);

// A URL that begins with ./ or ../ is one beside that of the parent; any other is as it is. git.url-invalid.
Result<std::string> submodule_url(std::string_view parent, std::string_view url);

}  // namespace stoker::git
