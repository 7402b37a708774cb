// Finds what differs between two revisions.
#include "path_rules.hpp"
#include "tree_walk.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace stoker::git {

// Compares two trees in parallel. A folder that is the same object in both is skipped.
Result<void> GitTree::compare(Walk& walk, const git_oid* before, const git_oid* now, const std::string& prefix,
                              int depth) const {
  if (auto running = walk.call.check(); !running) return running;
  if (depth > depth_max) return too_large();
  std::map<std::string_view, std::pair<const git_tree_entry*, const git_tree_entry*>> names;
  const auto take = [&](const git_oid* id, TreeHandle& tree, auto put) -> Result<void> {
    if (!id) return {};
    if (is_larger(*walk.part, *id, folder_bytes_max)) return too_large();
    int code = 0;
    tree = make<TreeHandle>(code, git_tree_lookup, walk.part->clone.repository.get(), id);
    if (!tree) return damaged(*walk.part, prefix);
    if ((walk.seen += git_tree_entrycount(tree.get())) > 2 * entries_max) return too_large();
    for (std::size_t i = 0, count = git_tree_entrycount(tree.get()); i < count; ++i) {
      const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
      walk.name_twice |= !put(names[git_tree_entry_name(entry)], entry);
    }
    return {};
  };
  TreeHandle old_tree, new_tree;
  const auto as_old = [](auto& pair, auto* entry) { return !std::exchange(pair.first, entry); };
  const auto as_new = [](auto& pair, auto* entry) { return !std::exchange(pair.second, entry); };
  if (auto taken = take(before, old_tree, as_old); !taken) return taken;
  if (auto taken = take(now, new_tree, as_new); !taken) return taken;
  const auto folder = [](const git_tree_entry* entry) {
    return entry && git_tree_entry_type(entry) == GIT_OBJECT_TREE ? git_tree_entry_id(entry) : nullptr;
  };
  for (const auto& [name, pair] : names) {
    const auto& [was, is] = pair;
    if (was && is && git_oid_equal(git_tree_entry_id(was), git_tree_entry_id(is)) &&
        git_tree_entry_filemode(was) == git_tree_entry_filemode(is))
      continue;
    for (const git_tree_entry* entry : {was, is})
      walk.submodule_differs |= entry && git_tree_entry_type(entry) == GIT_OBJECT_COMMIT;
    const std::string path = prefix + std::string(name);
    if ((walk.path_bytes += path.size()) > 2 * paths_bytes_max) return too_large();
    if ((was && !folder(was)) || (is && !folder(is))) walk.differ.push_back(path);
    if (!folder(was) && !folder(is)) continue;
    if (auto below = compare(walk, folder(was), folder(is), path + "/", depth + 1); !below) return below;
  }
  return {};
}

Result<std::vector<Delta>> GitTree::deltas_since(Call& call, std::string_view since) const {
  const Error unknown(errc::not_found,
                      "git: revision " + printable(std::string(since.substr(0, 80))) + " is not known here",
                      "git.revision-not-found");
  if (since.size() != sha_digits || !is_hex(since)) return unknown;
  const git_oid id = oid(since);
  if (git_odb_exists(parts_.front().odb.get(), &id) != 1) return unknown;
  auto before = tree_of(parts_.front(), id);
  if (!before) return unknown;
  auto now = tree_of(parts_.front(), oid(revision_));
  if (!now) return std::move(now).error();
  Walk both{call, &parts_.front()};
  const auto compared = compare(both, git_tree_id(before->get()), git_tree_id(now->get()), {}, 0);
  if (!compared) return compared.error() == errc::exhausted ? unknown : compared.error();
  if (contents_.submodules && both.submodule_differs) return unknown;  // the contents of submodules are not compared
  // A name that cannot be delivered cannot be told in a delta either. Who then lists what it wants is refused if it is
  // there, and is not if it is elsewhere.
  if (both.name_twice) return unknown;
  const auto is_attributes = [](std::string_view path) { return path.substr(path.rfind('/') + 1) == ".gitattributes"; };
  if (contents_.attributes && std::any_of(both.differ.begin(), both.differ.end(), is_attributes))
    return unknown;  // files that are the same objects may be other bytes now
  std::vector<Delta> deltas;
  for (const std::string& path : both.differ) {
    if (is_refused(path) || touched(odd_, path) != odd_.end()) return unknown;
    Delta delta;
    delta.file.path = path;
    delta.op = Delta::Op::remove;
    if (const Entry* entry = find(path)) {
      auto described = file(*entry);
      if (!described) return std::move(described).error();
      delta = Delta{std::move(described).value(), Delta::Op::put};
    }
    deltas.push_back(std::move(delta));
  }
  std::sort(deltas.begin(), deltas.end(), [](const Delta& a, const Delta& b) { return a.file.path < b.file.path; });
  return deltas;
}

Result<void> GitTree::diff(Call& call, std::string_view since, const Out<Delta>& out) {
  const std::lock_guard turn(turn_);
  auto deltas = mending(call, [&] { return deltas_since(call, since); });
  if (!deltas) return std::move(deltas).error();
  for (const Delta& delta : *deltas)
    if (auto put = out.put(delta); !put) return put;
  return {};
}

}  // namespace stoker::git
