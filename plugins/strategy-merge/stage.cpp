// Stages one file for each put, with its final owner and mode. All files are written first and synced afterwards, so
// that one commit of the journal of the file system serves many of them. No file counts as staged before its sync.
#include "stage.hpp"

#include "digest.hpp"
#include "meaning.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace stoker::merge {
namespace {

constexpr std::uint64_t spare_bytes = 1 << 20;  // kept free for the journal
constexpr std::uint64_t block_bytes = 4096;

Result<void> write_all(const Fd& file, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(file.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(errno, "stage", path);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Result<Staged> stage_one(Call& call, Target& target, const Plan& plan, const Step& step, const View& view) {
  const std::string slot = target.slot(plan.set.run, step.slot);
  auto file = target.live.create(slot);
  if (!file) return std::move(file).error();
  Staged staged{step.slot, content_name(step.change), "", "", {}};
  Digest digest = Digest::sha256();
  std::string kept;
  const auto write = [&](std::string_view bytes) -> Result<void> {
    digest.update(bytes);
    if (is_resource(step.change.path) && kept.size() <= resource_bytes_max) kept += bytes;
    return write_all(*file, bytes, step.change.path);
  };
  auto copied = plan.rendering.read(call, view, step.change.origin, step.change.mapping, write);
  if (!copied) return std::move(copied).error();
  staged.digest = staged.meaning = digest.hex();
  if (!step.change.after.empty() && staged.digest != step.change.after)
    return Error(errc::conflict, "'" + step.change.path + "' was rendered to other bytes than the plan saw",
                 "merge.conflict");
  if (is_resource(step.change.path))
    if (const auto resource = read_resource(kept)) staged.meaning = resource->meaning;
  auto model = model_of(target.live, step);
  if (!model) return std::move(model).error();
  auto owned = target.live.own(*file, slot, model->uid, model->gid, with_executable(model->mode, step.change.mode));
  if (!owned) return std::move(owned).error();
  ::sync_file_range(file->get(), 0, 0,
                    SYNC_FILE_RANGE_WRITE);  // only starts the writing; the sync below makes it durable
  if (const int number = file->close()) return failed(number, "close", step.change.path);
  auto look = target.live.look(slot);
  if (!look) return std::move(look).error();
  staged.identity = look->identity;
  return staged;
}

Result<void> enough_space(Target& target, const Plan& plan) {
  std::uint64_t needed = spare_bytes;
  for (const Step& step : plan.set.steps)
    if (step.puts()) needed += (step.change.bytes / block_bytes + 1) * block_bytes;
  auto free = target.live.free_bytes();
  if (!free) return std::move(free).error();
  if (*free >= needed) return {};
  return Error(errc::exhausted,
               "'" + target.live.root() + "': staging needs " + std::to_string(needed) + " bytes, " +
                   std::to_string(*free) + " are free",
               "merge.no-space");
}

// Keeps the staged files of this Run that still fit the plan, and removes everything else in its folder.
Result<std::map<std::string, Staged>> fitting(Target& target, const Plan& plan) {
  auto staged = target.state.staged(plan.set.run);
  if (!staged) return staged;
  std::map<std::string, Staged> fits;
  for (const Step& step : plan.set.steps) {
    const auto known = staged->find(step.slot);
    if (!step.puts() || known == staged->end()) continue;
    auto look = target.live.look(target.slot(plan.set.run, step.slot));
    if (look && look->identity == known->second.identity) fits.insert(*known);
  }
  auto entries = target.live.list(target.run_folder(plan.set.run));
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries)
    if (!fits.contains(entry.name))
      if (auto gone = target.live.remove_file(target.slot(plan.set.run, entry.name)); !gone)
        return std::move(gone).error();
  return fits;
}

}  // namespace

Result<Look> model_of(LiveTree& live, const Step& step) {
  if (step.change.op == Change::Op::replace) return live.look(step.change.path);
  for (auto folder = folder_of(step.change.path);; folder = folder_of(folder)) {
    auto look = live.look(folder);
    if (!look) return look;
    if (look->kind != Kind::folder && !folder.empty()) continue;
    look->mode = (look->mode & 0664) | 0600;
    return look;
  }
}

// An earlier process may have died before it synced the folders that it made, so this process syncs each folder of the
// path once.
Result<void> make_run_folder(Target& target, std::string_view run) {
  const std::string folder = target.run_folder(run);
  auto there = target.live.look(folder);
  if (!there) return std::move(there).error();
  if (there->kind == Kind::folder && target.durable_folder == folder) return {};
  auto above = target.live.look(target.runs());
  if (!above) return std::move(above).error();
  const bool first = above->kind != Kind::folder || target.durable_folder.empty();
  if (auto made = target.live.make_folders(folder); !made) return made;
  if (auto synced = target.live.sync_folder(target.runs()); !synced) return synced;
  if (first)
    for (const std::string& one : {join(target.folder, "merge"), target.folder, std::string()})
      if (auto synced = target.live.sync_folder(one); !synced) return synced;
  target.durable_folder = folder;
  return {};
}

Result<void> stage(Call& call, Target& target, Plan& plan, const View& view) {
  if (auto enough = enough_space(target, plan); !enough) return enough;
  if (auto durable = make_run_folder(target, plan.set.run); !durable) return durable;
  auto fits = fitting(target, plan);
  if (!fits) return std::move(fits).error();
  plan.staged = false;
  std::uint64_t done = 0;
  for (Step& step : plan.set.steps) {
    if (!step.puts()) continue;
    if (auto go = call.check(); !go) return go;
    if (const auto known = fits->find(step.slot); known != fits->end()) {
      step.made_as(known->second);
      continue;
    }
    auto one = stage_one(call, target, plan, step, view);
    if (!one) return std::move(one).error();
    step.made_as(*one);
    call.progress(++done, plan.set.steps.size(), step.change.path);
  }
  for (const Step& step : plan.set.steps) {
    if (!step.puts() || fits->contains(step.slot)) continue;
    if (auto go = call.check(); !go) return go;
    if (auto synced = target.live.sync_file(target.slot(plan.set.run, step.slot)); !synced) return synced;
  }
  if (auto forward = target.live.create(target.forward(plan.set.run)); !forward) return std::move(forward).error();
  if (auto synced = target.live.sync_folder(target.run_folder(plan.set.run)); !synced) return synced;
  if (auto kept = target.state.put_staged(plan.set.run, plan.set.steps); !kept) return kept;
  plan.staged = true;
  return {};
}

}  // namespace stoker::merge
