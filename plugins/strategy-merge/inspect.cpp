// A stat for each file; only a file whose stat moved is read.
#include "inspect.hpp"

#include "apply.hpp"
#include "undo.hpp"

namespace stoker::merge {
namespace {

Result<bool> is_as_left(Target& target, const Step& step) {
  auto look = target.live.look(step.change.path);
  if (!look) return std::move(look).error();
  if (step.change.op == Change::Op::remove) return look->kind != Kind::file;  // a folder may have come in its place
  if (!step.puts()) return look->kind == Kind::file;
  return live_is_made(target, step, *look);
}

}  // namespace

Result<void> inspect(Call& call, Target& target, const ChangeSet& set, const Out<Change>& changes,
                     const Out<Note>& notes) {
  for (const Step& step : set.steps) {
    if (auto go = call.check(); !go) return go;
    if (auto put = changes.put(said(step, false)); !put) return put;
    auto same = is_as_left(target, step);
    if (!same) return std::move(same).error();
    if (*same) continue;
    const std::string actor = actor_beside(target.live, step.change.path);
    const std::string by = actor.empty() ? std::string() : " by " + actor;
    if (auto put = notes.put({"overwritten", step.change.path, "changed" + by + " after the Run had written it"}); !put)
      return put;
  }
  return {};
}

}  // namespace stoker::merge
