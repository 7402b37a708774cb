// Restores the files of before: after an apply that failed or was interrupted, and for a Run that is reverted. It needs
// only the journal.
#pragma once

#include "apply.hpp"

namespace stoker::merge {

// Puts back what a run replaced, in reverse order, and ends its journal or drops its undo data. A live file that is
// neither the old nor the new one stays, with the note `drift`. Reports every path of the run.
Result<void> undo(Target& target, const ChangeSet& set, const Out<Change>& changes, const Out<Note>& notes);

// Can a journal in the state `applying` be finished?
Result<bool> can_finish(Target& target, const ChangeSet& set);

// Is the live file the one that this step wrote? A gateway may have stamped it in the meantime.
Result<bool> live_is_made(Target& target, const Step& step, const Look& look);

// The record of a change that was made or undone.
Change said(const Step& step, bool back);

}  // namespace stoker::merge
