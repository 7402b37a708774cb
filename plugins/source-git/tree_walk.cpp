// Opens a revision: finds its parts, walks their folders and keeps the entries.
#include "tree_walk.hpp"
#include "path_rules.hpp"

#include <algorithm>
#include <utility>

namespace stoker::git {
namespace {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t parts_max = 256;
constexpr int parts_depth_max = 8;
constexpr std::size_t gitmodules_bytes_max = 1 << 20;

File::Type type_of(git_filemode_t mode) {
  switch (mode) {
    case GIT_FILEMODE_LINK: return File::Type::link;
    case GIT_FILEMODE_BLOB:
    case GIT_FILEMODE_BLOB_EXECUTABLE: return File::Type::regular;
    case GIT_FILEMODE_UNREADABLE:
    case GIT_FILEMODE_TREE:
    case GIT_FILEMODE_COMMIT: break;
  }
  return File::Type::other;
}

}  // namespace

Error GitTree::damaged(const Part& part, std::string_view what) const {
  doubted_.insert(part.clone.folder);
  return Error(errc::conflict,
               "git: cache, revision " + part.revision + ": " + std::string(what) + ": " + last_message(),
               std::string(damaged_code));
}

Result<void> GitTree::load(Call& call) {
  auto loaded = reload(call);
  for (std::size_t more = 0; !loaded && loaded.error().code == damaged_code && more < parts_.size(); ++more)
    loaded = reload(call);  // each part may be damaged once
  if (loaded) say_submodules();
  return loaded;
}

void GitTree::say_submodules() const {
  std::size_t count = 0;
  std::string_view first;
  for (const Entry& entry : entries_) {
    if (entry.type != File::Type::other) continue;
    if (count++ == 0) first = entry.path;
  }
  if (count > 0)
    log_.warning("submodules are not fetched, and nothing of theirs is delivered; git.submodules: true would",
                 {{"revision", revision_}, {"count", std::to_string(count)}, {"first", printable(std::string(first))}});
}

Result<void> GitTree::reload(Call& call) {
  parts_.clear();
  parts_.push_back({origins_.own(), revision_, "", 0});
  Walk all{call, nullptr};
  for (std::size_t i = 0; i < parts_.size(); ++i) {  // the walk may add parts
    if (auto opened = open_part(all, i); !opened)
      return i == 0 ? std::move(opened).error()
                    : std::move(opened).error().in("submodule " + printable(parts_[i].prefix) + " of " + revision_);
  }
  std::sort(all.entries.begin(), all.entries.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  entries_ = std::move(all.entries);
  return {};
}

Result<void> GitTree::open_part(Walk& all, std::size_t number) {
  Part& part = parts_[number];
  auto clone = part.origin.cache.open(all.call, part.revision, number == 0 ? known_as_ : std::string(), doubted_);
  if (!clone) return std::move(clone).error();
  part.clone = std::move(clone).value();
  int code = 0;
  part.odb = make<OdbHandle>(code, git_repository_odb, part.clone.repository.get());
  if (!part.odb) return damaged(part, "objects");
  auto tree = tree_of(part, oid(part.revision));
  if (!tree) return std::move(tree).error();
  all.part = &part;
  all.part_number = static_cast<std::uint32_t>(number);
  all.links.clear();
  if (auto walked = walk(all, *git_tree_id(tree->get()), part.prefix, 0); !walked) return walked;
  return add_submodules(all, number);
}

// Empty when there is no such file.
Result<SubmoduleMap> GitTree::urls_of_submodules(const Walk& all, const Part& part) const {
  const auto said = std::find_if(all.entries.begin(), all.entries.end(), [&](const Entry& entry) {
    return entry.path == part.prefix + ".gitmodules" && entry.type == File::Type::regular;
  });
  if (said == all.entries.end()) return SubmoduleMap();
  if (is_larger(part, said->id, gitmodules_bytes_max))
    return Error(errc::exhausted, "git: .gitmodules is larger than 1 MiB", "git.submodules-invalid");
  auto text = bytes_of(*said);
  if (!text) return std::move(text).error();
  return read_gitmodules(text_of(*text));
}

// Each linked commit becomes a part at the path of its link, or is listed as an entry without content.
Result<void> GitTree::add_submodules(Walk& all, std::size_t number) {
  if (!contents_.submodules) {
    std::move(all.links.begin(), all.links.end(), std::back_inserter(all.entries));
    return {};
  }
  if (all.links.empty()) return {};
  const Origin& parent = parts_[number].origin;
  const std::string prefix = parts_[number].prefix;
  const int depth = parts_[number].depth + 1;
  auto urls = urls_of_submodules(all, parts_[number]);
  if (!urls) return std::move(urls).error();
  for (const Entry& link : all.links) {
    const std::string path = link.path.substr(prefix.size());
    const auto url = urls->find(path);
    if (url == urls->end() || url->second.empty())
      return Error(errc::invalid, "git: .gitmodules has no url for the submodule " + printable(path),
                   "git.submodules-invalid");
    auto origin = origins_.submodule(parent, url->second);
    if (!origin) return std::move(origin).error().in("submodule " + printable(path));
    if (parts_.size() >= parts_max || depth > parts_depth_max)
      return Error(errc::exhausted,
                   "git: revision " + revision_ + " has more than 255 submodules, or nests them deeper than 8",
                   "git.submodules-too-many");
    parts_.push_back({**origin, hex(link.id), link.path + "/", depth});
  }
  return {};
}

// Reads only the header of the object first, because an object that is small in a pack may be large in memory.
bool GitTree::is_larger(const Part& part, const git_oid& id, std::size_t bytes_max) {
  std::size_t bytes = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  return git_odb_read_header(&bytes, &type, part.odb.get(), &id) == 0 && bytes > bytes_max;
}

Error GitTree::too_large() const {
  return Error(errc::exhausted,
               "git: revision " + revision_ +
                   " has more than 1000000 entries, 64 MiB of paths, a folder of 64 MiB or folders deeper than 128",
               "git.tree-too-large");
}

Result<TreeHandle> GitTree::tree_of(const Part& part, const git_oid& commit) const {
  if (is_larger(part, commit, commit_bytes_max))
    return Error(errc::exhausted, "git: commit " + hex(commit) + " is larger than 16 MiB", "git.commit-too-large");
  int code = 0;
  const auto found = make<CommitHandle>(code, git_commit_lookup, part.clone.repository.get(), &commit);
  if (!found || !git_oid_equal(git_commit_id(found.get()), &commit)) return damaged(part, "commit " + hex(commit));
  auto tree = make<TreeHandle>(code, git_commit_tree, found.get());
  if (!tree) return damaged(part, "root of " + hex(commit));
  return tree;
}

Result<void> GitTree::walk(Walk& walk, const git_oid& tree_id, const std::string& prefix, int depth) const {
  if (auto running = walk.call.check(); !running) return running;
  if (depth > depth_max || is_larger(*walk.part, tree_id, folder_bytes_max)) return too_large();
  int code = 0;
  const auto tree = make<TreeHandle>(code, git_tree_lookup, walk.part->clone.repository.get(), &tree_id);
  if (!tree) return damaged(*walk.part, prefix);
  const std::size_t count = git_tree_entrycount(tree.get());
  if ((walk.seen += count) > entries_max) return too_large();
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < count; ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    const std::string_view name = names.emplace_back(git_tree_entry_name(entry));
    std::string path = prefix + std::string(name);
    std::string_view why = refused_name(name);
    if (path.size() > path_bytes_max) why = "it is longer than 4096 bytes";
    if (!why.empty())
      return Error(errc::invalid,
                   "git: revision " + revision_ + ": path \"" + printable(path.substr(0, 300)) +
                       "\" is refused: " + std::string(why),
                   "git.path-refused");
    if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
      if (auto below = this->walk(walk, *git_tree_entry_id(entry), path + "/", depth + 1); !below) return below;
      continue;
    }
    if ((walk.path_bytes += path.size()) > paths_bytes_max) return too_large();
    const git_filemode_t mode = git_tree_entry_filemode(entry);
    (mode == GIT_FILEMODE_COMMIT ? walk.links : walk.entries)
        .push_back({std::move(path), *git_tree_entry_id(entry), mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755u : 0644u,
                    type_of(mode), walk.part_number});
  }
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return Error(errc::invalid,
                 "git: revision " + revision_ + ": path \"" + printable(prefix + std::string(*twice)) +
                     "\" is refused: it is there twice",
                 "git.path-refused");
  return {};
}

}  // namespace stoker::git
