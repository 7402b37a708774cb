// The entry of the plugin strategy-merge: one MergeStrategy for each target.
#include "merge_strategy.hpp"

#include <stoker/plugin.hpp>

STOKER_PLUGIN("plugin.json", stoker::merge::MergeStrategy);
