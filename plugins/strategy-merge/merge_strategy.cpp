// Connects each function of the strategy with the part that does its work.
#include "merge_strategy.hpp"

#include "apply.hpp"
#include "inspect.hpp"
#include "place.hpp"
#include "stage.hpp"
#include "undo.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace stoker::merge {
namespace {

// The staging folder, at the data root, of another sync operator that users may have run before. It is removed when its
// target is adopted.
constexpr std::string_view reference_staging = ".sync-staging";

// The data root with its symbolic links resolved, so that they are not resolved again for each path.
std::string root_of(const Config& config) {
  const std::string data = config.text("/use/target/data");
  if (!data.starts_with('/'))
    throw std::invalid_argument("use.target.data: an absolute path is needed, got '" + data + "'");
  std::error_code unknown;  // a data root that does not exist yet is an error of a later call, not of the configuration
  const auto root = std::filesystem::weakly_canonical(data, unknown);
  return unknown ? data : root.string();
}

std::string folder_of(const Config& config) {
  auto folder = normalised(config.text("/use/folder"), "use.folder");
  if (!folder || folder->empty()) throw std::invalid_argument("use.folder: a folder below the data root is needed");
  return std::move(folder).value();
}

Result<void> run_name(std::string_view run) {
  const bool plain =
      !run.empty() && run.size() <= 128 && run.front() != '.' &&
      std::all_of(run.begin(), run.end(), [](unsigned char c) { return c > ' ' && c != '/' && c != 0x7f; });
  if (plain) return {};
  return Error(errc::invalid, "'" + std::string(run) + "' cannot be the name of a run");
}

}  // namespace

MergeStrategy::MergeStrategy(const Config& config, const Host& host)
    : log_(host.log()),
      preset_(Preset::named(config.text("/settings/preset"))),
      target_(root_of(config), folder_of(config)) {}

Result<Plan*> MergeStrategy::planned(std::string_view run) {
  if (!plan_ || plan_->set.run != run)
    return Error(errc::not_found, "there is no plan of run '" + std::string(run) + "'");
  return &*plan_;
}

Result<void> MergeStrategy::plan(Call& call, std::string_view run, std::string_view document, const View& view,
                                 const Out<Change>& changes, const Out<Note>& notes, const Out<Decision>& decisions) {
  plan_.reset();
  if (auto named = run_name(run); !named) return named;
  auto assignment = Assignment::parse(document);
  if (!assignment) return std::move(assignment).error();
  if (assignment->revision.empty()) assignment->revision = std::string(view.revision());
  auto mappings = Mappings::resolve(*assignment, preset_, target_.folder);
  if (!mappings) return std::move(mappings).error();
  auto made = Planner(call, run, *assignment, *mappings, preset_, target_.live, target_.state, view).make();
  if (!made) return std::move(made).error();
  plan_ = std::move(made).value();
  auto obstacle = find_obstacle(target_.live, *plan_);
  if (!obstacle) return std::move(obstacle).error();
  if (*obstacle) {
    const bool waits = plan_->decision.verdict == Decision::Verdict::hold;
    const std::string besides = waits ? "; besides, " + plan_->decision.name + ": " + plan_->decision.reason : "";
    plan_->decision = Decision::hold("blocked", **obstacle + besides);
    plan_->decision.ended_by = "the place is corrected; Stoker looks again at each sync period";
  }
  for (const Step& step : plan_->set.steps)
    if (auto put = changes.put(step.change); !put) return put;
  for (const Note& note : plan_->notes)
    if (auto put = notes.put(note); !put) return put;
  return decisions.put(plan_->decision);
}

Result<void> MergeStrategy::content(Call& call, std::string_view run, const View& view, std::string_view path,
                                    const Bytes& out) {
  auto plan = planned(run);
  if (!plan) return std::move(plan).error();
  const Step* step = (*plan)->put_at(path);
  if (!step) return Error(errc::not_found, "the plan writes nothing to '" + std::string(path) + "'");
  return (*plan)->rendering.read(call, view, step->change.origin, step->change.mapping,
                                 [&](std::string_view bytes) { return out.put(bytes); });
}

Result<void> MergeStrategy::adopt(Call&, std::string_view run) {
  auto planned_run = planned(run);
  if (!planned_run) return std::move(planned_run).error();
  Plan& plan = **planned_run;
  if (plan.inventory.empty() && !plan.rules_changed) return {};
  auto base = target_.state.base();
  if (!base) return std::move(base).error();
  Base next = plan.base;
  if (*base) next.run = (*base)->run;  // an adoption changes no file, so the last applied Run stays the same
  if (auto made = target_.live.make_folders(join(target_.folder, "merge")); !made) return made;
  auto changes = plan.refreshed;
  changes.insert(changes.end(), plan.inventory.begin(), plan.inventory.end());
  if (auto written = target_.state.adopt(next, changes); !written) return written;
  if (plan.adoption) sweep_reference();
  plan.inventory = plan.refreshed = {};  // they are written, so a second call has nothing to do
  plan.rules_changed = false;
  return {};
}

Result<void> MergeStrategy::stage(Call& call, std::string_view run, const View& view) {
  auto plan = planned(run);
  if (!plan) return std::move(plan).error();
  if (auto made = target_.live.make_folders(join(target_.folder, "merge")); !made) return made;
  if (auto made = target_.state.create(); !made) return made;
  return merge::stage(call, target_, **plan, view);
}

Result<void> MergeStrategy::apply(Call&, std::string_view run, const Out<Note>& notes) {
  auto plan = planned(run);
  if (!plan) return std::move(plan).error();
  if (auto done = merge::apply(target_, **plan, notes); !done) return done;
  if ((*plan)->adoption) sweep_reference();
  plan_.reset();
  return {};
}

Result<bool> MergeStrategy::settle(const ChangeSet& set, const Out<Change>& changes, const Out<Note>& notes) {
  bool finish = false;
  if (set.state == JournalState::applying) {
    auto can = can_finish(target_, set);
    if (!can) return can;
    finish = *can;
  }
  if (!finish) {
    if (set.state == JournalState::applying)
      if (auto turned = never_finish(target_, set.run); !turned) return std::move(turned).error();
    if (auto undone = undo(target_, set, changes, notes); !undone) return std::move(undone).error();
    return false;
  }
  if (auto done = carry_out(target_, set, Start::interrupted, notes); !done) return midway(std::move(done).error());
  for (const Step& step : set.steps)
    if (auto put = changes.put(said(step, false)); !put) return std::move(put).error();
  return true;
}

Result<void> MergeStrategy::recover(Call&, std::string_view keep, const Out<Change>& changes, const Out<Note>& notes,
                                    const Text& state) {
  plan_.reset();
  auto open = target_.state.open_set();
  if (!open) return std::move(open).error();
  std::string did = "nothing", run;
  if (*open) {
    run = (*open)->run;
    // The journal that a dead process wrote may not be durable yet. It has to be before a rename is done that it
    // describes.
    if (auto durable = target_.state.sync(); !durable) return durable;
    auto finished = settle(**open, changes, notes);
    if (!finished) return std::move(finished).error();
    did = *finished ? "finished" : "undone";
    log_.info("recovered", {{"run", run}, {"did", did}});
  }
  if (auto swept = sweep(keep); !swept) return swept;
  auto base = target_.state.base();
  if (!base) return std::move(base).error();
  return state.put(state_document(*base ? &**base : nullptr, did, run));
}

// Removes the staged files of Runs that will not continue.
Result<void> MergeStrategy::sweep(std::string_view keep) {
  auto staged = target_.state.runs_staged();
  if (!staged) return std::move(staged).error();
  std::erase(*staged, keep);
  if (auto dropped = target_.state.drop_staged(*staged); !dropped) return dropped;
  auto entries = target_.live.list(target_.runs());
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    if (entry.name == keep || entry.kind != Kind::folder) continue;
    auto known = target_.state.find(entry.name);
    if (!known) return std::move(known).error();
    if (*known) continue;
    if (auto gone = target_.live.remove_all(target_.run_folder(entry.name)); !gone) return gone;
  }
  return {};
}

Result<void> MergeStrategy::revert(Call&, std::string_view run, const Out<Change>& changes, const Out<Note>& notes) {
  plan_.reset();
  auto found = target_.state.find(run);
  if (!found) return std::move(found).error();
  if (!*found) return {};
  ChangeSet set = std::move(**found);
  if (set.state == JournalState::closed) {
    auto newer = target_.state.newer_than(set.sequence);
    if (!newer) return std::move(newer).error();
    if (*newer)
      return Error(errc::invalid, "a run after '" + set.run + "' was applied and is to be reverted first",
                   "merge.revert-order");
    if (auto turned = target_.state.set_journal_state(run, JournalState::reverting); !turned) return turned;
    set.state = JournalState::reverting;
  } else if (set.state == JournalState::applying) {
    if (auto turned = never_finish(target_, run); !turned) return turned;
  }
  return undo(target_, set, changes, notes);
}

Result<void> MergeStrategy::forget(Call&, std::string_view run) {
  if (auto named = run_name(run); !named) return {};
  if (plan_ && plan_->set.run == run) plan_.reset();
  auto found = target_.state.find(run);
  if (!found) return std::move(found).error();
  if (!*found) {
    auto staged = target_.state.staged(run);
    if (!staged) return std::move(staged).error();
    if (!staged->empty())
      if (auto dropped = target_.state.drop_staged({std::string(run)}); !dropped) return dropped;
    auto look = target_.live.look(target_.run_folder(run));
    if (!look) return std::move(look).error();
    return look->kind == Kind::folder ? target_.live.remove_all(target_.run_folder(run)) : Result<void>();
  }
  if ((*found)->state != JournalState::closed) return {};  // its journal is open, so recover decides
  auto runs = target_.state.runs_done_up_to((*found)->sequence);
  if (!runs) return std::move(runs).error();
  if (auto gone = target_.state.forget_up_to((*found)->sequence); !gone) return gone;
  for (const std::string& old : *runs)
    if (auto gone = target_.live.remove_all(target_.run_folder(old)); !gone) return gone;
  return {};
}

Result<void> MergeStrategy::inspect(Call& call, std::string_view run, const Out<Change>& changes,
                                    const Out<Note>& notes) {
  auto found = target_.state.find(run);
  if (!found) return std::move(found).error();
  if (!*found || (*found)->state != JournalState::closed) return {};
  return merge::inspect(call, target_, **found, changes, notes);
}

void MergeStrategy::sweep_reference() {
  auto look = target_.live.look(reference_staging);
  if (!look || look->kind != Kind::folder) return;
  auto gone = target_.live.remove_all(reference_staging);
  if (!gone)
    log_.warning("an old staging folder could not be removed; remove it by hand",
                 {{"folder", reference_staging}, {"why", gone.error().message}});
}

}  // namespace stoker::merge
