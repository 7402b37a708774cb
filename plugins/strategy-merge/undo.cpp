// Undoes the steps in reverse order. Its slot and the live file tell whether a step was done; nothing else records it.
#include "undo.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

Result<void> left_alone(const Step& step, const Out<Note>& notes) {
  return notes.put({"drift", step.change.path, "changed by somebody else in the meantime; left as it is"});
}

// Is the file at `at`, which is or was the live file of the step, the one that the step made?
Result<bool> is_made(Target& target, const Step& step, const Look& look, const std::string& at) {
  if (look.kind != Kind::file) return false;
  if (look.identity.same_content(step.made)) return true;
  auto content = target.live.read(at, step.change.path);
  if (!content) return std::move(content).error();
  return content->digest == step.made_digest || content->meaning == step.made_meaning;
}

// The rename that took our file away may have met one that somebody wrote right before it: that one stays live.
Result<void> look_at_taken(Target& target, const Step& step, const std::string& slot, bool exchanged,
                           const Out<Note>& notes) {
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  auto ours = is_made(target, step, *look, slot);
  if (!ours) return std::move(ours).error();
  if (*ours || look->kind == Kind::absent) return {};
  auto back = exchanged ? target.live.exchange(slot, step.change.path) : target.live.move(slot, step.change.path);
  return back ? left_alone(step, notes) : back;
}

Result<void> put_back_replaced(Target& target, const ChangeSet& set, const Step& step, const Out<Note>& notes) {
  auto never = slot_is_new(target, set, step);
  if (!never) return std::move(never).error();
  if (*never) return {};
  const std::string slot = target.slot(set.run, step.slot);
  auto kept = target.live.look(slot);
  if (!kept) return std::move(kept).error();
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  auto made = live_is_made(target, step, *look);
  if (!made) return std::move(made).error();
  if (!*made) return left_alone(step, notes);
  const bool exchanges = kept->kind != Kind::absent;
  auto done = exchanges ? target.live.exchange(slot, step.change.path) : target.live.move(step.change.path, slot);
  if (!done) return done;
  return look_at_taken(target, step, slot, exchanges, notes);
}

Result<void> put_back_removed(Target& target, const ChangeSet& set, const Step& step, const Out<Note>& notes) {
  if (auto settled = one_name(target, set, step); !settled) return settled;
  const std::string slot = target.slot(set.run, step.slot);
  auto kept = target.live.look(slot);
  if (!kept) return std::move(kept).error();
  if (kept->kind == Kind::absent) return {};
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  if (look->kind != Kind::absent || look->blocked) return left_alone(step, notes);
  auto made = target.live.make_folders(folder_of(step.change.path), target.aside(set.run));
  if (!made) return made;
  return target.live.move(slot, step.change.path);
}

Result<void> put_back_mode(Target& target, const Step& step) {
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  if (look->kind != Kind::file || look->mode != with_executable(step.before_mode, step.change.mode)) return {};
  return look->mode == step.before_mode ? Result<void>() : target.live.chmod(step.change.path, step.before_mode);
}

Result<void> put_back_folders(Target& target, const ChangeSet& set) {
  for (auto folder = set.folders.rbegin(); folder != set.folders.rend(); ++folder) {
    if (folder->made) {
      if (auto gone = target.live.remove_folder(folder->path); !gone) return std::move(gone).error();
      continue;
    }
    auto above = target.live.look(folder_of(folder->path));
    if (!above && above.error().code == "merge.link") continue;  // a link is where a file was put; it is left as it is
    if (!above) return std::move(above).error();
    if (above->kind != Kind::folder) continue;
    auto there = target.live.look(folder->path);
    if (!there) return std::move(there).error();
    if (there->kind != Kind::absent) continue;
    const std::string aside = target.aside(set.run);
    auto made = target.live.make_folder(folder->path, folder->mode, folder->uid, folder->gid, aside);
    if (!made) return made;
  }
  return {};
}

}  // namespace

Result<bool> live_is_made(Target& target, const Step& step, const Look& look) {
  return is_made(target, step, look, step.change.path);
}

Change said(const Step& step, bool back) {
  Change change = step.change;
  if (!back) return change;
  change.blob.clear();
  change.after = step.change.before;
  change.before = step.made_digest;
  if (step.change.op == Change::Op::add) change.op = Change::Op::remove;
  if (step.change.op == Change::Op::remove) change.op = Change::Op::add;
  return change;
}

Result<void> undo(Target& target, const ChangeSet& set, const Out<Change>& changes, const Out<Note>& notes) {
  for (auto step = set.steps.rbegin(); step != set.steps.rend(); ++step) {
    if (step->change.op == Change::Op::remove) continue;
    auto done = step->puts() ? put_back_replaced(target, set, *step, notes) : put_back_mode(target, *step);
    if (!done) return midway(std::move(done).error());
  }
  if (auto done = put_back_folders(target, set); !done) return midway(std::move(done).error());
  for (auto step = set.steps.rbegin(); step != set.steps.rend(); ++step) {
    if (step->change.op != Change::Op::remove) continue;
    if (auto done = put_back_removed(target, set, *step, notes); !done) return midway(std::move(done).error());
  }
  if (auto touched = touch_resources(target, set, true, notes); !touched) return midway(std::move(touched).error());
  if (auto synced = sync_folders(target, set); !synced) return midway(std::move(synced).error());
  if (auto dropped = target.state.drop(set); !dropped) return dropped;
  // The state has it already. A folder that cannot be removed now is removed by the next recover.
  (void)target.live.remove_all(target.run_folder(set.run));
  for (auto step = set.steps.rbegin(); step != set.steps.rend(); ++step)
    if (auto put = changes.put(said(*step, true)); !put) return put;
  return {};
}

Result<bool> can_finish(Target& target, const ChangeSet& set) {
  auto forward = target.live.look(target.forward(set.run));
  if (!forward) return std::move(forward).error();
  if (forward->kind != Kind::file) return false;
  for (const Step& step : set.steps) {
    if (!step.puts()) continue;
    auto waits = slot_is_new(target, set, step);
    if (!waits) return waits;
    if (*waits) continue;
    auto look = target.live.look(target.slot(set.run, step.slot));
    if (!look) return std::move(look).error();
    if (look->kind != Kind::absent) continue;  // the slot holds the file that was replaced
    auto live = target.live.look(step.change.path);
    if (!live) return std::move(live).error();
    auto made = live_is_made(target, step, *live);
    if (!made || !*made) return made;
  }
  return true;
}

}  // namespace stoker::merge
