// The renames of a Run: checked against what the plan saw, journaled, then done one after the other.
#pragma once

#include "plan.hpp"
#include "target.hpp"

namespace stoker::merge {

// Conflict: a live file is not what the plan saw, nothing was done. After any other failure that came with the journal
// open, the journal says undo.
Result<void> apply(Target& target, Plan& plan, const Out<Note>& notes);

// Does what is still to do of a journal and ends it. `looks`: a step is done only if what is live is still what the
// plan saw; else it is left alone, with a note.
Result<void> carry_out(Target& target, const ChangeSet& set, bool looks, const Out<Note>& notes);

// Durably: an open journal is undone from here on, whoever finds it.
Result<void> never_finish(Target& target, std::string_view run);

// Where a file cannot be moved at once a move is a second name, then one less. Cut short in between: without the name
// in the slot it is as before a remove, or as after an add.
Result<void> one_name(Target& target, const ChangeSet& set, const Step& step);

// Where a slot stands: is it still the staged file?
Result<bool> slot_is_new(Target& target, const ChangeSet& set, const Step& step);

// Are these bytes what the step saw before, or what it put there?
bool is_before(const Step& step, const Content& content);

// Folders whose entries a run changed, made durable.
Result<void> sync_folders(Target& target, const ChangeSet& set);

// The error of a step that was under way: never one that says that nothing was done.
Error midway(Error error);

}  // namespace stoker::merge
