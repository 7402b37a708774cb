// The entry of strategy-merge: one MergeStrategy a target.
#include "merge_strategy.hpp"

#include <stoker/plugin.hpp>

STOKER_PLUGIN("plugin.json", stoker::merge::MergeStrategy);
