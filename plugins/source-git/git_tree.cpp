#include "git_tree.hpp"

#include "content_hash.hpp"
#include "path_rules.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace stoker::git {
namespace {

constexpr std::size_t entries_max = 1000000;  // files and folders of one revision
constexpr int depth_max = 128;
constexpr std::size_t path_bytes_max = 4096;
constexpr std::size_t paths_bytes_max =
    64 << 20;  // of one revision; needed, because a small repository can contain the same folder many times
constexpr std::size_t folder_bytes_max = 64 << 20;
constexpr std::size_t streamed_from = 4 << 20;  // bytes of a file
constexpr std::size_t portion = 1024;           // files that are handed over in one call
constexpr std::string_view damaged_code = "git.cache-damaged";
constexpr std::size_t parts_max = 256;
constexpr int parts_depth_max = 8;
constexpr std::size_t gitmodules_bytes_max = 1 << 20;
constexpr int pointers_said_max = 20;  // at most so many are logged for one tree

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

// For messages: characters that cannot be shown become "?".
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || static_cast<unsigned char>(c) > 0x7e) c = '?';
  return text;
}

std::string_view text_of(const OdbObject& object) {
  return {static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())};
}

bool is_refused(std::string_view path) {
  for (;;) {
    const auto slash = path.find('/');
    if (!refused_name(path.substr(0, slash)).empty()) return true;
    if (slash == std::string_view::npos) return false;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

struct GitTree::Walk {
  Call& call;
  const Part* part;
  std::uint32_t part_number = 0;
  std::vector<Entry> entries = {};
  std::vector<Entry> links = {};  // the submodules of this part
  std::vector<std::string> differ = {};
  bool submodule_differs = false;
  std::size_t seen = 0, path_bytes = 0;
};

GitTree::GitTree(Origins& origins, std::string revision, std::string known_as, Contents contents, Log log)
    : origins_(origins),
      revision_(std::move(revision)),
      known_as_(std::move(known_as)),
      contents_(contents),
      log_(log) {}

template <class Function>
auto GitTree::mending(Call& call, Function function) -> decltype(function()) {
  auto done = function();
  if (done || done.error().code != damaged_code) return done;
  if (auto reloaded = reload(call); !reloaded) return std::move(reloaded).error();
  return function();
}

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

// Reads what Git LFS commits in place of a large file.
void GitTree::say_pointer(const std::string& path, std::string_view bytes) {
  if (!looks_like_pointer(bytes) || pointers_said_ >= pointers_said_max) return;
  ++pointers_said_;
  log_.warning(contents_.large_files
                   ? "a file begins as a pointer of Git LFS and cannot be read as one; it is delivered as it is"
                   : "a file is a pointer of Git LFS, and is delivered as such; git.lfs: true would "
                     "fetch its content",
               {{"revision", revision_}, {"path", printable(path)}});
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

const GitTree::Entry* GitTree::find(std::string_view path) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), path,
                                   [](const Entry& e, std::string_view p) { return e.path < p; });
  return at != entries_.end() && at->path == path ? &*at : nullptr;
}

Result<File> GitTree::file(const Entry& entry) const {
  File file{entry.path, hex(entry.id), 0, entry.mode, entry.type};
  if (entry.type == File::Type::other) return file;
  const Part& part = parts_[entry.part];
  std::size_t bytes = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&bytes, &type, part.odb.get(), &entry.id) < 0 || type != GIT_OBJECT_BLOB)
    return damaged(part, entry.path);
  file.bytes = bytes;
  auto pointer = pointer_at(entry, bytes);
  if (!pointer) return std::move(pointer).error();
  if (*pointer) {
    file.blob = "sha256:" + (*pointer)->oid;
    file.bytes = (*pointer)->bytes;
  }
  return file;
}

std::pair<std::size_t, std::size_t> GitTree::below(std::string_view under) const {
  while (under.ends_with('/')) under.remove_suffix(1);
  if (under.empty()) return {0, entries_.size()};
  const auto at = [this](std::string_view path) {
    return static_cast<std::size_t>(std::lower_bound(entries_.begin(), entries_.end(), path,
                                                     [](const Entry& e, std::string_view p) { return e.path < p; }) -
                                    entries_.begin());
  };
  if (find(under)) return {at(under), at(under) + 1};  // it is a file, so nothing is below it
  const std::string folder(under);
  return {at(folder + "/"), at(folder + "0")};  // '0' comes right after '/'
}

Result<std::vector<File>> GitTree::files(Call& call, std::size_t first, std::size_t last) const {
  std::vector<File> files;
  for (std::size_t i = first; i < last; ++i) {
    if (auto running = call.check(); !running) return std::move(running).error();
    auto one = file(entries_[i]);
    if (!one) return std::move(one).error();
    files.push_back(std::move(one).value());
  }
  return files;
}

// Hands the entries over in portions, so that a large tree is not in memory twice. When the cache is made anew between
// two portions, the entries are the same, because they are those of the revision.
Result<void> GitTree::list(Call& call, std::string_view under, const Out<File>& out) {
  const std::lock_guard turn(turn_);
  const auto [first, last] = below(under);
  for (std::size_t at = first; at < last; at += portion) {
    auto files =
        mending(call, [&, from = at, to = std::min(at + portion, last)] { return this->files(call, from, to); });
    if (!files) return std::move(files).error();
    for (const File& file : *files)
      if (auto put = out.put(file); !put) return put;
  }
  return {};
}

Result<OdbObject> GitTree::bytes_of(const Entry& entry) const {
  const Part& part = parts_[entry.part];
  if (is_larger(part, entry.id, part.origin.file_bytes_max))
    return Error(errc::exhausted,
                 "git: " + entry.path + " has more bytes than settings.fileBytesMax, which is " +
                     std::to_string(part.origin.file_bytes_max),
                 "git.file-too-large");
  int code = 0;
  auto object = make<OdbObject>(code, git_odb_read, part.odb.get(), &entry.id);
  if (!object || git_odb_object_type(object.get()) != GIT_OBJECT_BLOB) return damaged(part, entry.path);
  return object;
}

Result<std::optional<Pointer>> GitTree::pointer_at(const Entry& entry, std::size_t bytes) const {
  if (!contents_.large_files || entry.type != File::Type::regular || bytes > pointer_bytes_max)
    return std::optional<Pointer>();
  auto object = bytes_of(entry);
  if (!object) return std::move(object).error();
  return read_pointer(text_of(*object));
}

Result<const GitTree::Entry*> GitTree::readable(std::string_view path) const {
  const Entry* entry = find(path);
  if (!entry)
    return Error(errc::not_found,
                 "git: revision " + revision_ + " has no file " + printable(std::string(path.substr(0, 300))),
                 "git.path-not-found");
  if (entry->type == File::Type::regular) return entry;
  return Error(errc::invalid, "git: " + entry->path + " is a link or a submodule; only files are read",
               "git.not-a-file");
}

// Reads in pieces with the git program, so that the whole file is never in memory.
Result<void> GitTree::stream(Call& call, const Entry& entry, const Bytes& out) const {
  const Part& part = parts_[entry.part];
  auto described = file(entry);
  if (!described) return std::move(described).error();
  const std::string id = hex(entry.id);
  GitBlobHash hash(described->bytes);
  auto read = read_by_program(git_repository_path(part.clone.repository.get()), id,
                              Bound(call, part.origin.limits.fetch), [&](std::string_view bytes) {
                                hash.add(bytes);
                                return out.put(bytes);
                              });
  const bool whole = read && hash.hex() == id;
  // Bytes that were handed over cannot be taken back, so the call fails. The next one reads from a new clone.
  if (!whole && (read || read.error().code == "git.refused")) return damaged(part, entry.path);
  if (!read) return std::move(read).error().in("git: " + printable(entry.path));
  return {};
}

Result<void> GitTree::read(Call& call, std::string_view path, const Bytes& out) {
  const std::lock_guard turn(turn_);
  auto entry = readable(path);
  if (!entry) return std::move(entry).error();
  const Part& part = parts_[(*entry)->part];
  if (part.origin.limits.backend == Backend::program && is_larger(part, (*entry)->id, streamed_from) &&
      !is_larger(part, (*entry)->id, part.origin.file_bytes_max))
    return stream(call, **entry, out);
  auto object = mending(call, [&]() { return bytes_of(*find(path)); });
  if (!object) return std::move(object).error();
  if (contents_.large_files)
    if (const auto pointer = read_pointer(text_of(*object))) {
      auto read = parts_[find(path)->part].origin.large_files.read(call, *pointer, out);
      if (!read) return std::move(read).error().in(printable(std::string(path)));
      return {};
    }
  std::string_view rest = text_of(*object);
  say_pointer(std::string(path), rest);
  while (!rest.empty()) {
    if (auto running = call.check(); !running) return running;
    const std::string_view chunk = rest.substr(0, STOKER_CHUNK_BYTES_MAX);
    if (auto put = out.put(chunk); !put) return put;
    rest.remove_prefix(chunk.size());
  }
  return {};
}

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
      put(names[git_tree_entry_name(entry)], entry);
    }
    return {};
  };
  TreeHandle old_tree, new_tree;
  if (auto taken = take(before, old_tree, [](auto& pair, auto* entry) { pair.first = entry; }); !taken) return taken;
  if (auto taken = take(now, new_tree, [](auto& pair, auto* entry) { pair.second = entry; }); !taken) return taken;
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
  std::vector<Delta> deltas;
  for (const std::string& path : both.differ) {
    if (is_refused(path)) return unknown;  // can only be a path of the old revision; those of the new one were checked
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
