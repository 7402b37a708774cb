// What a Run changed, and whether the live files are still as it left them. Changes nothing.
#pragma once

#include "target.hpp"

namespace stoker::merge {

// Puts each change of the run, and a note `overwritten` for each file that somebody has changed since, with the actor
// of the resource.json beside it. A stamp that the gateway wrote into a resource.json is no change.
Result<void> inspect(Call& call, Target& target, const ChangeSet& set, const Out<Change>& changes,
                     const Out<Note>& notes);

}  // namespace stoker::merge
