// Opens a revision: finds its parts, walks their folders and keeps the entries.
#include "tree_walk.hpp"
#include "attributes.hpp"
#include "path_rules.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stoker::git {
namespace {

constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t name_bytes_kept = 256;  // of a name that cannot be delivered; longer than any that can
constexpr std::size_t shown_bytes_max = 300;
constexpr std::string_view attributes_name = ".gitattributes";
constexpr std::size_t attributes_read_max = 1000, attributes_bytes_max = 1 << 20;
constexpr std::size_t attributes_files_max = 200'000;  // looked at in one revision
constexpr std::size_t attributes_said_max = 5;
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

std::set<std::string_view> names_twice(const git_tree* tree) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0, count = git_tree_entrycount(tree); i < count; ++i)
    names.emplace_back(git_tree_entry_name(git_tree_entry_byindex(tree, i)));
  std::sort(names.begin(), names.end());
  std::set<std::string_view> twice;
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == names[i - 1]) twice.insert(names[i]);
  return twice;
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
  if (!loaded && loaded.error().code == damaged_code) loaded = reload(call);
  if (!loaded) return loaded;
  if (origins_.is_first(revision_)) {
    say_submodules();
    say_odd_names();
    say_attributes(call, parts_.front());
  }
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

void GitTree::say_odd_names() const {
  if (odd_.empty()) return;
  const auto& [path, why] = *odd_.begin();
  log_.info("names that cannot be delivered are in this revision; they matter only to a mapping that covers them",
            {{"revision", revision_},
             {"count", std::to_string(odd_.size())},
             {"first", printable(path.substr(0, shown_bytes_max))},
             {"reason", why}});
}

// Quick, so that a revision without such attributes costs nothing. What is not looked at here may have some.
bool GitTree::may_have_attributes(Part& part) const {
  const auto number = static_cast<std::uint32_t>(&part - parts_.data());
  std::size_t read = 0;
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    const bool wanted = entry.part == number && entry.type == File::Type::regular &&
                        (entry.path == attributes_name || entry.path.ends_with("/" + std::string(attributes_name)));
    if (!wanted) return false;
    part.attributes_unread = ++read > attributes_read_max || is_larger(part, entry.id, attributes_bytes_max);
    if (part.attributes_unread) return true;
    const auto text = bytes_of(entry);
    return !text || may_change_bytes(text_of(*text));
  });
}

void GitTree::say_unknown_attributes(const std::string& why) const {
  log_.warning("which files git checkout would write with other bytes is not known",
               {{"code", "attributes"}, {"revision", revision_}, {"reason", why}});
}

// Who expects the files of a checkout is told where those that are delivered differ.
void GitTree::say_attributes(Call& call, const Part& part) const {
  if (!part.attributes) return;
  // To ask for each file would take too long then. Who has a file converted asks for that one.
  if (part.attributes_unread)
    return say_unknown_attributes("there are more than 1000 .gitattributes files, or one is larger than 1 MiB");
  const auto number = static_cast<std::uint32_t>(&part - parts_.data());
  std::size_t count = 0, looked = 0;
  std::string first;
  for (const Entry& entry : entries_) {
    if (entry.part != number || entry.type != File::Type::regular) continue;
    if (++looked > attributes_files_max || !call.check()) break;
    auto at = part.attributes->of(entry.path.substr(part.prefix.size()));
    if (!at) return say_unknown_attributes(printable(entry.path) + ": " + last_message());
    if (contents_.attributes) at->conversion = Conversion();  // it is made
    const std::string change = at->text();
    if (change.empty() || ++count > attributes_said_max) continue;
    first += (first.empty() ? "" : ", ") + printable(entry.path) + " (" + change + ")";
  }
  if (count == 0) return;
  log_.warning("files are delivered as they are committed; git checkout may write these with other bytes",
               {{"code", "attributes"}, {"revision", revision_}, {"count", std::to_string(count)}, {"first", first}});
}

Result<void> GitTree::reload(Call& call) {
  parts_.clear();
  entries_.clear();
  odd_.clear();
  links_.clear();
  seen_ = path_bytes_ = 0;
  parts_.push_back({origins_.own(), revision_, "", 0});
  if (auto opened = open_part(call, 0); !opened) return opened;
  for (const std::string& path : std::set<std::string>(opened_)) {  // one that contains another comes before it
    const auto link = links_.find(path);
    if (link == links_.end()) continue;
    if (auto opened = open_link(call, Entry(link->second)); !opened) return opened;
  }
  return {};
}

Result<void> GitTree::open_part(Call& call, std::size_t number) {
  Part& part = parts_[number];
  auto clone = part.origin.cache.open(call, part.revision, number == 0 ? known_as_ : std::string(), doubted_);
  if (!clone) return std::move(clone).error();
  part.clone = std::move(clone).value();
  int code = 0;
  part.odb = make<OdbHandle>(code, git_repository_odb, part.clone.repository.get());
  if (!part.odb) return damaged(part, "objects");
  auto tree = tree_of(part, oid(part.revision));
  if (!tree) return std::move(tree).error();
  Walk all{call, &part, static_cast<std::uint32_t>(number)};
  all.seen = seen_;
  all.path_bytes = path_bytes_;
  if (auto walked = walk(all, *git_tree_id(tree->get()), part.prefix, 0); !walked) return walked;
  keep(all);
  if (may_have_attributes(part)) part.attributes.emplace(part.clone.repository.get(), oid(part.revision));
  return {};
}

// Takes over what was found in one part. Where submodules are not wanted, each is an entry without content.
void GitTree::keep(Walk& all) {
  seen_ = all.seen;
  path_bytes_ = all.path_bytes;
  odd_.merge(all.odd);
  for (Entry& link : all.links) {
    if (contents_.submodules)
      links_.emplace(link.path, link);
    else
      all.entries.push_back(std::move(link));
  }
  const auto by_path = [](const Entry& a, const Entry& b) { return a.path < b.path; };
  std::sort(all.entries.begin(), all.entries.end(), by_path);
  if (entries_.empty()) {
    entries_ = std::move(all.entries);
    return;
  }
  const auto before = static_cast<std::ptrdiff_t>(entries_.size());
  std::move(all.entries.begin(), all.entries.end(), std::back_inserter(entries_));
  std::inplace_merge(entries_.begin(), entries_.begin() + before, entries_.end(), by_path);
}

// Empty when there is no such file.
Result<SubmoduleMap> GitTree::read_urls(const Part& part) const {
  const Entry* said = find(part.prefix + ".gitmodules");
  if (!said || said->type != File::Type::regular) return SubmoduleMap();
  if (is_larger(part, said->id, gitmodules_bytes_max))
    return Error(errc::exhausted, "git: .gitmodules is larger than 1 MiB", "git.submodules-invalid").with_retry(false);
  auto text = bytes_of(*said);
  if (!text) return std::move(text).error();
  return read_gitmodules(text_of(*text));
}

Result<Origin*> GitTree::origin_of(const Entry& link) {
  Part& parent = parts_[link.part];
  if (!parent.urls) {
    auto urls = read_urls(parent);
    if (!urls) return std::move(urls).error();
    parent.urls = std::move(urls).value();
  }
  const auto url = parent.urls->find(std::string_view(link.path).substr(parent.prefix.size()));
  if (url == parent.urls->end() || url->second.empty())
    return Error(errc::invalid, "git: .gitmodules has no url for it", "git.submodules-invalid");
  return origins_.submodule(parent.origin, url->second);
}

// Opens the submodules at, below and above a path, and those in them.
Result<void> GitTree::open_links(Call& call, std::string_view under) {
  for (;;) {
    const auto link = touched(links_, under);
    if (link == links_.end()) return {};
    if (auto opened = open_link(call, Entry(link->second)); !opened) return opened;
  }
}

// The linked commit becomes a part at the path of its link.
Result<void> GitTree::open_link(Call& call, const Entry& link) {
  const std::string where = "submodule " + printable(link.path) + " of " + revision_;
  const int depth = parts_[link.part].depth + 1;
  if (parts_.size() >= parts_max || depth > parts_depth_max)
    return Error(errc::exhausted,
                 "git: " + where + ": there are more than 255 submodules, or they are nested deeper than 8",
                 "git.submodules-too-many");
  auto origin = origin_of(link);
  if (!origin) return std::move(origin).error().in(where);
  const auto open = [&] {
    parts_.push_back({**origin, hex(link.id), link.path + "/", depth});
    auto opened = open_part(call, parts_.size() - 1);
    if (!opened) parts_.pop_back();
    return opened;
  };
  auto opened = open();
  if (!opened && opened.error().code == damaged_code) opened = open();  // its cache is in doubt now, and is made anew
  if (!opened) return std::move(opened).error().in(where);
  opened_.insert(link.path);
  links_.erase(link.path);
  if (origins_.is_first(parts_.back().revision + " " + parts_.back().prefix)) say_attributes(call, parts_.back());
  return {};
}

// A folder with such a name in it is refused as a whole, because what is in it would be delivered in part.
Result<void> GitTree::check_names(std::string_view under) const {
  const auto odd = touched(odd_, under);
  if (odd == odd_.end()) return {};
  return Error(errc::invalid,
               "git: revision " + revision_ + ": path \"" + printable(odd->first.substr(0, shown_bytes_max)) +
                   "\" is refused: " + std::string(odd->second) + "; rename it, or map folders that do not contain it",
               "git.path-refused");
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
  const std::set<std::string_view> twice = names_twice(tree.get());
  for (std::size_t i = 0; i < count; ++i) {
    const git_tree_entry* entry = git_tree_entry_byindex(tree.get(), i);
    const std::string_view name = git_tree_entry_name(entry);
    std::string path = prefix + std::string(name);
    std::string_view why = refused_name(name);
    if (path.size() > path_bytes_max) why = "it is longer than 4096 bytes";
    if (twice.contains(name)) why = "it is there twice";
    if (!why.empty()) path.resize(std::min(path.size(), prefix.size() + name_bytes_kept));
    const bool is_folder = why.empty() && git_tree_entry_type(entry) == GIT_OBJECT_TREE;
    if (!is_folder && (walk.path_bytes += path.size()) > paths_bytes_max) return too_large();
    if (!why.empty()) {
      walk.odd.emplace(std::move(path), why);
      continue;
    }
    if (is_folder) {
      if (auto below = this->walk(walk, *git_tree_entry_id(entry), path + "/", depth + 1); !below) return below;
      continue;
    }
    const git_filemode_t mode = git_tree_entry_filemode(entry);
    (mode == GIT_FILEMODE_COMMIT ? walk.links : walk.entries)
        .push_back({std::move(path), *git_tree_entry_id(entry), mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755u : 0644u,
                    type_of(mode), walk.part_number});
  }
  return {};
}

}  // namespace stoker::git
