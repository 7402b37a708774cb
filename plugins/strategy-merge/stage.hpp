// Everything slow of a Run: the wanted bytes are written beside the tree, on the same file system, and made durable.
#pragma once

#include "plan.hpp"
#include "target.hpp"

namespace stoker::merge {

// Whose owner and mode a file to be written takes: a replaced one's own, a new one's folder's.
Result<Look> model_of(LiveTree& live, const Step& step);

// The folder of a Run, durably there.
Result<void> make_run_folder(Target& target, std::string_view run);

// What an earlier call of the same Run staged and still fits is used. Nothing live is touched. The steps say afterwards
// what lies in their slots.
Result<void> stage(Call& call, Target& target, Plan& plan, const View& view);

}  // namespace stoker::merge
