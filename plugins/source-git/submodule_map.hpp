// Reads the submodules of a repository from its file .gitmodules, and resolves URLs that are relative to the URL of the
// repository. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace stoker::git {

// The URLs by path. Other sections and other settings are ignored, so they cannot have any effect. Fails with
// git.submodules-invalid and the line.
using SubmoduleMap = std::map<std::string, std::string, std::less<>>;
Result<SubmoduleMap> read_gitmodules(std::string_view text);

// A URL that begins with ./ or ../ is relative to the URL of the parent; any other is returned as it is. Fails with
// git.url-invalid.
Result<std::string> submodule_url(std::string_view parent, std::string_view url);

}  // namespace stoker::git
