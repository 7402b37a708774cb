// Back to what was: of an apply that failed or was cut short, and of a Run that is reverted. From the journal alone.
#pragma once

#include "apply.hpp"

namespace stoker::merge {

// Puts back what a run replaced, newest first, and ends its journal or drops its undo data. What is live and neither
// what the run put there nor what it replaced stays, with note `drift`. Says every path of the run.
Result<void> undo(Target& target, const ChangeSet& set, const Out<Change>& changes, const Out<Note>& notes);

// Can a journal that says apply be finished?
Result<bool> can_finish(Target& target, const ChangeSet& set);

// Is what is live what this step put there? A gateway may have stamped it since.
Result<bool> live_is_made(Target& target, const Step& step, const Look& look);

// The change that was made, or taken back, as a record.
Change said(const Step& step, bool back);

}  // namespace stoker::merge
