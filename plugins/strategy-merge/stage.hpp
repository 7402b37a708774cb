// Does the slow part of a Run: writes the wanted bytes beside the tree, on the same file system, and makes them
// durable.
#pragma once

#include "plan.hpp"
#include "target.hpp"

namespace stoker::merge {

// The owner and mode of a file to be written: those of the file that it replaces, or those of the folder for a new
// file.
Result<Look> model_of(LiveTree& live, const Step& step);

// Makes the folder of a Run durably.
Result<void> make_run_folder(Target& target, std::string_view run);

// Uses what an earlier call of the same Run staged, as far as it still fits. Changes no live file. Afterwards the steps
// say what is in their slots.
Result<void> stage(Call& call, Target& target, Plan& plan, const View& view);

}  // namespace stoker::merge
