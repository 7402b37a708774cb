// Applies a plan. After each rename the file that it displaced is checked, so that a change that somebody else made in
// the meantime is kept and noted.
#include "apply.hpp"

#include "meaning.hpp"
#include "stage.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

namespace stoker::merge {
namespace {

Error conflict(const Step& step) {
  return Error(errc::conflict, "'" + step.change.path + "' was changed after the plan was made", "merge.conflict");
}

using Removed = std::set<std::string_view>;

bool goes(const Plan& plan, std::string_view path) {
  return std::any_of(plan.set.folders.begin(), plan.set.folders.end(),
                     [&](const Folder& folder) { return !folder.made && folder.path == path; });
}

// Does a folder hold only what the plan removes?
Result<bool> nothing_else(Target& target, const Plan& plan, const Removed& removed, const std::string& folder) {
  if (!goes(plan, folder)) return false;
  auto entries = target.live.list(folder);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    const std::string path = join(folder, entry.name);
    if (entry.kind != Kind::folder && !removed.contains(path)) return false;
    if (entry.kind != Kind::folder) continue;
    auto below = nothing_else(target, plan, removed, path);
    if (!below || !*below) return below;
  }
  return true;
}

// Is the path of a new file free, or does the plan remove what lies there?
Result<bool> has_room(Target& target, const Plan& plan, const Removed& removed, const Step& step, const Look& look) {
  if (look.kind == Kind::absent && look.blocked) {
    for (auto above = folder_of(step.change.path); !above.empty(); above = folder_of(above)) {
      auto there = target.live.look(above);
      if (!there) return std::move(there).error();
      if (there->kind != Kind::absent) return there->kind == Kind::folder || removed.contains(above);
    }
    return true;
  }
  if (look.kind == Kind::absent) return true;
  return look.kind == Kind::folder ? nothing_else(target, plan, removed, step.change.path) : false;
}

Result<void> check(Target& target, const Plan& plan, const Removed& removed, Step& step) {
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  if (step.change.op == Change::Op::add) {
    auto room = has_room(target, plan, removed, step, *look);
    if (!room) return std::move(room).error();
    return *room ? Result<void>() : conflict(step);
  }
  if (look->kind != Kind::file) return conflict(step);
  step.before_mode = look->mode;
  if (look->identity == step.seen) return {};
  auto content = target.live.read(step.change.path);
  if (!content && content.error() == errc::not_found) return conflict(step);
  if (!content) return std::move(content).error();
  return is_before(step, *content) ? Result<void>() : conflict(step);
}

// When somebody changed the owner or mode of a live file after the staging, the new file takes them over.
Result<void> look_like_live(Target& target, std::string_view run, Step& step, const Look& staged) {
  auto model = model_of(target.live, step);
  if (!model) return std::move(model).error();
  const std::uint32_t mode = with_executable(model->mode, step.change.mode);
  const bool same_owner = geteuid() != 0 || (model->uid == staged.uid && model->gid == staged.gid);
  if (mode == staged.mode && same_owner) return {};
  const std::string slot = target.slot(run, step.slot);
  if (auto owned = target.live.own(slot, model->uid, model->gid, mode); !owned) return owned;
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  step.made = look->identity;
  return {};
}

// Reads into the steps what an earlier process staged.
Result<void> recall_staged(Target& target, Plan& plan) {
  auto staged = target.state.staged(plan.set.run);
  if (!staged) return std::move(staged).error();
  for (Step& step : plan.set.steps)
    if (const auto file = staged->find(step.slot); step.puts() && file != staged->end()) step.made_as(file->second);
  return {};
}

// Checks that the staged files are still as `stage` left them.
Result<void> take_staged(Target& target, Plan& plan) {
  if (!plan.staged)
    if (auto recalled = recall_staged(target, plan); !recalled) return recalled;
  for (Step& step : plan.set.steps) {
    if (!step.puts()) continue;
    auto look = target.live.look(target.slot(plan.set.run, step.slot));
    if (!look) return std::move(look).error();
    if (step.made_digest.empty() || !(look->identity == step.made))
      return Error(errc::conflict,
                   "'" + step.change.path + "' has no staged file for this plan, or the file was changed",
                   "merge.not-staged");
    if (auto like = look_like_live(target, plan.set.run, step, *look); !like) return like;
  }
  return {};
}

// The folders that this Run will remove and make, as the tree is now. Undo restores and removes exactly these, and no
// folder that somebody else removed or made after the plan.
Result<void> see_folders(Target& target, Plan& plan) {
  std::vector<Folder> folders;
  for (const Folder& folder : plan.set.folders) {
    if (folder.made) continue;
    auto look = target.live.look(folder.path);
    if (!look) return std::move(look).error();
    if (look->kind == Kind::folder) folders.push_back({folder.path, false, look->mode, look->uid, look->gid});
  }
  std::set<std::string_view> needed;
  for (const Step& step : plan.set.steps)
    if (step.puts())
      for (auto above = folder_of(step.change.path); !above.empty() && needed.insert(above).second;)
        above = folder_of(above);
  for (const std::string_view path : needed) {
    auto look = target.live.look(path);
    if (!look) return std::move(look).error();
    if (look->kind != Kind::folder) folders.push_back({std::string(path), true, 0, 0, 0});
  }
  plan.set.folders = std::move(folders);
  return {};
}

// Checks the file that a rename brought into the slot: it is the file of the plan, or one that somebody else wrote in
// the meantime.
Result<void> look_at_displaced(Target& target, const ChangeSet& set, const Step& step, const Out<Note>& notes) {
  const std::string slot = target.slot(set.run, step.slot);
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  if (look->kind == Kind::absent || (step.change.op != Change::Op::add && look->identity.same_content(step.seen)))
    return {};
  if (look->kind == Kind::folder) {
    auto back = step.change.op == Change::Op::remove ? target.live.move(slot, step.change.path)
                                                     : target.live.exchange(slot, step.change.path);
    if (!back) return back;
    return Error(errc::internal, "'" + step.change.path + "' was replaced by a folder while it was applied",
                 "merge.raced")
        .with_retry(true);
  }
  std::string actor;
  if (look->kind == Kind::file) {
    auto content = target.live.read(slot, step.change.path);
    if (!content) return std::move(content).error();
    if (step.change.op != Change::Op::add && is_before(step, *content)) return {};
    actor = content->actor;
  }
  if (actor.empty()) actor = actor_beside(target.live, step.change.path);
  return notes.put({"overwritten", step.change.path,
                    "changed while the Run went on" + (actor.empty() ? std::string() : " by " + actor) +
                        "; its bytes are kept until the Run is verified"});
}

// Does the live file still allow this step?
Result<bool> still_as_seen(Target& target, const Step& step) {
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  if (look->kind == Kind::absent) return step.change.op == Change::Op::add || step.change.op == Change::Op::remove;
  if (step.change.op == Change::Op::add || look->kind != Kind::file) return false;
  auto content = target.live.read(step.change.path);
  if (!content) return std::move(content).error();
  return is_before(step, *content);
}

Result<void> put_in_place(Target& target, const ChangeSet& set, const Step& step) {
  const std::string slot = target.slot(set.run, step.slot);
  const std::string& path = step.change.path;
  if (step.change.op == Change::Op::replace) {
    auto done = target.live.exchange(slot, path);
    if (done || !(done.error() == errc::not_found)) return done;
  }
  auto done = target.live.move(slot, path);
  if (!done && done.error() == errc::not_found) {
    if (auto made = target.live.make_folders(folder_of(path), target.aside(set.run)); !made) return made;
    done = target.live.move(slot, path);
  }
  if (!done && done.error() == errc::conflict) return target.live.exchange(slot, path);
  return done;
}

// Does what is still to do for one step.
Result<void> carry_out(Target& target, const ChangeSet& set, const Step& step, Start start, const Out<Note>& notes) {
  const std::string slot = target.slot(set.run, step.slot);
  const std::string& path = step.change.path;
  if (step.change.op == Change::Op::chmod) {
    auto look = target.live.look(path);
    if (!look) return std::move(look).error();
    if (look->kind != Kind::file)
      return notes.put({"drift", path, "was deleted by somebody else, so its mode was not changed"});
    const std::uint32_t mode = with_executable(look->mode, step.change.mode);
    return look->mode == mode ? Result<void>() : target.live.chmod(path, mode);
  }
  if (start == Start::interrupted) {
    auto is_new = slot_is_new(target, set, step);
    if (!is_new) return std::move(is_new).error();
    auto look = target.live.look(slot);
    if (!look) return std::move(look).error();
    const bool done = step.puts() ? !*is_new : look->kind != Kind::absent;
    if (done) return {};
    auto as_seen = still_as_seen(target, step);
    if (!as_seen) return std::move(as_seen).error();
    if (!*as_seen)
      return notes.put({"drift", path, "changed by somebody else while the Run was interrupted; left as it is"});
  }
  if (step.puts()) {
    if (auto done = put_in_place(target, set, step); !done) return done;
  } else if (auto done = target.live.move(path, slot); !done) {
    return done.error() == errc::not_found ? Result<void>() : done;
  }
  return look_at_displaced(target, set, step, notes);
}

// The changes of the inventory that come with a plan: those of its steps, and the files that it takes over or releases.
void each_inventory_change(const Plan& plan, const std::function<void(const InventoryChange&)>& put) {
  for (const InventoryChange& change : plan.refreshed) put(change);
  for (const InventoryChange& change : plan.inventory) put(change);
  for (const Step& step : plan.set.steps) {
    const Change& c = step.change;
    if (step.puts())
      put({c.path, Owned{c.path,
                         c.origin,
                         content_name(c),
                         step.made_digest,
                         step.made_meaning,
                         plan.set.run,
                         c.mode,
                         c.mapping,
                         {}}});
    else if (c.op == Change::Op::remove)
      put({c.path, std::nullopt});
  }
}

}  // namespace

bool is_before(const Step& step, const Content& content) {
  return content.digest == step.change.before ||
         (!step.before_meaning.empty() && content.meaning == step.before_meaning);
}

Error midway(Error error) {
  if (error == errc::conflict || error == errc::not_found) {
    error.kind = errc::internal;
    error.retryable = true;
  }
  return error;
}

// Records it in two ways, of which one is enough. The row in the state also overwrites a transaction that may be left
// in the log because its sync failed. The removal of the file works on a full disk.
Result<void> never_finish(Target& target, std::string_view run) {
  auto turned = target.state.set_journal_state(run, JournalState::undoing);
  auto gone = target.live.remove_file(target.forward(run));
  if (gone || gone.error() == errc::not_found) gone = target.live.sync_folder(target.run_folder(run));
  return turned ? turned : gone;
}

Result<void> one_name(Target& target, const ChangeSet& set, const Step& step) {
  const std::string slot = target.slot(set.run, step.slot);
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  auto live = target.live.look(step.change.path);
  if (!live) return std::move(live).error();
  const bool same = look->kind == Kind::file && live->kind == Kind::file && look->identity == live->identity;
  return same ? target.live.remove_file(slot) : Result<void>();
}

Result<bool> slot_is_new(Target& target, const ChangeSet& set, const Step& step) {
  if (auto settled = one_name(target, set, step); !settled) return std::move(settled).error();
  const std::string slot = target.slot(set.run, step.slot), aside = slot + ".was";
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  auto kept = target.live.look(aside);
  if (!kept) return std::move(kept).error();
  if (kept->kind != Kind::absent) {  // an exchange by three renames was interrupted
    auto settled = look->kind == Kind::absent ? target.live.move(aside, slot) : target.live.remove_file(aside);
    if (!settled) return std::move(settled).error();
    if (look->kind == Kind::absent) return false;
  }
  if (!step.puts() || look->kind != Kind::file) return false;
  if (look->identity.same_content(step.made)) return true;
  auto content = target.live.read(slot, step.change.path);
  if (!content) return std::move(content).error();
  if (content->digest == step.made_digest) return true;
  // The file was put back after a gateway had stamped it. Then it has the same meaning, and the file that was replaced
  // is another file or has another meaning.
  return content->meaning == step.made_meaning && content->digest != step.change.before &&
         (look->identity.inode == step.made.inode || content->meaning != step.before_meaning);
}

Result<void> sync_folders(Target& target, const ChangeSet& set) {
  const std::string own = target.run_folder(set.run);
  std::set<std::string_view> folders{own};
  for (const Step& step : set.steps) folders.insert(folder_of(step.change.path));
  for (const Folder& folder : set.folders) {
    folders.insert(folder.path);
    folders.insert(folder_of(folder.path));
  }
  for (const std::string_view folder : folders) {
    auto synced = target.live.sync_folder(folder);
    const bool gone =
        !synced && (synced.error().code == "merge.file-in-the-way" || synced.error().code == "merge.link");
    if (!synced && !gone) return synced;
  }
  return {};
}

Result<void> touch_resources(Target& target, const ChangeSet& set, bool undone, const Out<Note>& notes) {
  std::set<std::string> files;
  for (const Step& step : set.steps) files.insert(join(folder_of(step.change.path), resource_file));
  if (!undone)
    for (const Step& step : set.steps)
      if (step.puts()) files.erase(step.change.path);
  for (const std::string& file : files) {
    auto look = target.live.look(file);
    if (look ? look->kind != Kind::file : look.error().code == "merge.link")
      continue;  // the folder or the file is gone
    const auto touched = look ? target.live.touch(file) : Result<void>(look.error());
    if (touched || touched.error() == errc::not_found) continue;
    if (auto put = notes.put(
            {"unmarked", file, "the gateway may not see that its folder changed: " + touched.error().message});
        !put)
      return put;
  }
  return {};
}

// Within a folder the data come first and resource.json last: a gateway that scans by itself sees the change of a
// folder by its resource.json.
Result<void> carry_out(Target& target, const ChangeSet& set, Start start, const Out<Note>& notes) {
  const auto all = [&](auto&& wanted) -> Result<void> {
    for (const Step& step : set.steps)
      if (wanted(step))
        if (auto done = carry_out(target, set, step, start, notes); !done) return done;
    return {};
  };
  if (auto done = all([](const Step& step) { return step.change.op == Change::Op::remove; }); !done) return done;
  for (const Folder& folder : set.folders) {
    if (folder.made) {
      if (auto made = target.live.make_folders(folder.path, target.aside(set.run)); !made) return made;
    } else if (auto gone = target.live.remove_folder(folder.path); !gone) {
      return std::move(gone).error();
    }
  }
  for (const bool resources : {false, true})
    if (auto done = all([&](const Step& step) {
          return step.change.op != Change::Op::remove && is_resource(step.change.path) == resources;
        });
        !done)
      return done;
  if (auto touched = touch_resources(target, set, false, notes); !touched) return touched;
  if (auto synced = sync_folders(target, set); !synced) return synced;
  return target.state.commit(set, [&](const Step& step) -> std::optional<Identity> {
    if (step.change.op == Change::Op::remove) return std::nullopt;
    auto look = target.live.look(step.change.path);
    const bool put = look && look->kind == Kind::file && look->identity.same_content(step.made);
    return put ? std::optional(look->identity) : std::nullopt;
  });
}

Result<void> apply(Target& target, Plan& plan, const Out<Note>& notes) {
  auto open = target.state.open_set();
  if (!open) return std::move(open).error();
  if (*open)
    return Error(errc::internal, "the journal of run '" + (*open)->run + "' is open; it has to be recovered first",
                 "merge.journal-open");
  Removed removed;
  for (const Step& step : plan.set.steps)
    if (step.change.op == Change::Op::remove) removed.insert(step.change.path);
  for (Step& step : plan.set.steps)
    if (auto as_seen = check(target, plan, removed, step); !as_seen) return as_seen;
  if (auto staged = take_staged(target, plan); !staged) return staged;
  if (auto seen = see_folders(target, plan); !seen) return seen;
  if (auto durable = make_run_folder(target, plan.set.run); !durable) return durable;
  auto done = target.state.begin(plan.set, plan.base, [&](const auto& put) { each_inventory_change(plan, put); });
  if (!done && done.error() == errc::conflict) return done;  // another process has the state open: nothing was changed
  if (done) done = carry_out(target, plan.set, Start::fresh, notes);
  if (done) return done;
  Error why = midway(std::move(done).error());
  if (auto turned = never_finish(target, plan.set.run); !turned)
    why.message += "; and the journal could not be turned to undo: " + turned.error().message;
  return why;
}

}  // namespace stoker::merge
