// The entry of the plugin source-git: one kind, a Source that reads Git repositories.
#include "git_source.hpp"

#include <stoker/plugin.hpp>

STOKER_PLUGIN("plugin.json", stoker::git::GitSource);
