// Does the renames of a Run. The live files are first compared with what the plan saw; then the journal is written;
// then the renames are done one after the other.
#pragma once

#include "plan.hpp"
#include "target.hpp"

namespace stoker::merge {

// Fails with conflict when a live file is not what the plan saw; then nothing was changed. After any other failure with
// an open journal, the state of the journal is `undoing`.
Result<void> apply(Target& target, Plan& plan, const Out<Note>& notes);

// fresh: the live files were just compared with what the plan saw. interrupted: each step is done only when the live
// file is still what the plan saw; otherwise the file is left as it is, with a note.
enum class Start { fresh, interrupted };

// Does what is still to do of a journal and closes it.
Result<void> carry_out(Target& target, const ChangeSet& set, Start start, const Out<Note>& notes);

// Records durably that the open journal must be undone, also by a later process.
Result<void> never_finish(Target& target, std::string_view run);

// On a file system without an exclusive rename, a move makes a second name and then removes the first one. When that is
// interrupted both names exist. This removes the name in the slot, which leaves the state before a remove or after an
// add.
Result<void> one_name(Target& target, const ChangeSet& set, const Step& step);

// Does the slot still hold the staged file?
Result<bool> slot_is_new(Target& target, const ChangeSet& set, const Step& step);

// Are these the bytes that the step saw before, or those that it wrote?
bool is_before(const Step& step, const Content& content);

// A gateway may look at the time of a resource.json only to see that its folder changed. So each folder in which the
// run changed something gets a resource.json with a new time. A resource.json that this Run wrote has a new time by
// itself. One that was put back (`undone`) has the time of before, so it is touched too. A file that cannot be looked
// at or touched gets a note.
Result<void> touch_resources(Target& target, const ChangeSet& set, bool undone, const Out<Note>& notes);

// Syncs the folders whose entries a run changed.
Result<void> sync_folders(Target& target, const ChangeSet& set);

// The error of a step after the journal was opened. It must not have a kind that means that nothing was changed.
Error midway(Error error);

}  // namespace stoker::merge
