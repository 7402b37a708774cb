#include "git_tree.hpp"

#include "content_hash.hpp"
#include "tree_walk.hpp"

#include <algorithm>
#include <utility>

namespace stoker::git {
namespace {

constexpr std::size_t streamed_from = 4 << 20;  // bytes of a file
constexpr std::size_t portion = 1024;           // files that are handed over in one call
constexpr int pointers_said_max = 20;           // at most so many are logged for one tree

}  // namespace

GitTree::GitTree(Origins& origins, std::string revision, std::string known_as, Contents contents, Log log)
    : origins_(origins),
      revision_(std::move(revision)),
      known_as_(std::move(known_as)),
      contents_(contents),
      log_(log) {}

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
    return file;
  }
  const auto conversion = conversion_of(entry);
  if (!conversion) return conversion.error();
  if (conversion->is_none()) return file;
  file.blob += conversion->name();
  file.bytes = 0;  // only converting it would tell
  return file;
}

Result<Conversion> GitTree::conversion_of(const Entry& entry) const {
  const Part& part = parts_[entry.part];
  if (!contents_.attributes || !part.attributes || entry.type != File::Type::regular) return Conversion();
  auto at = part.attributes->of(entry.path.substr(part.prefix.size()));
  if (!at) return damaged(part, "attributes of " + printable(entry.path));
  return std::move(at->conversion);
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

// One portion of the files below `under` whose paths come after `last`.
Result<std::vector<File>> GitTree::files(Call& call, std::string_view under, std::string_view last) const {
  const auto range = below(under);
  const auto next = std::upper_bound(entries_.begin(), entries_.end(), last,
                                     [](std::string_view p, const Entry& e) { return p < e.path; });
  std::vector<File> files;
  for (std::size_t i = std::max(range.first, static_cast<std::size_t>(next - entries_.begin()));
       i < range.second && files.size() < portion; ++i) {
    if (auto running = call.check(); !running) return std::move(running).error();
    auto one = file(entries_[i]);
    if (!one) return std::move(one).error();
    files.push_back(std::move(one).value());
  }
  return files;
}

// Hands the entries over in portions, so that a large tree is not in memory twice. Between two portions the cache may
// be made anew, or who receives them may read a file of a submodule that is opened for that. Each portion begins after
// the path of the last one, so neither changes what is listed.
Result<void> GitTree::list(Call& call, std::string_view under, const Out<File>& out) {
  const std::lock_guard turn(turn_);
  if (auto opened = mending(call, [&] { return open_links(call, under); }); !opened) return opened;
  if (auto good = check_names(under); !good) return good;
  for (std::string last;;) {
    auto files = mending(call, [&] { return this->files(call, under, last); });
    if (!files) return std::move(files).error();
    for (const File& file : *files)
      if (auto put = out.put(file); !put) return put;
    if (files->size() < portion) return {};
    last = files->back().path;
  }
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

Result<const GitTree::Entry*> GitTree::readable(Call& call, std::string_view path) {
  const Entry* entry = find(path);
  if (!entry) {
    if (auto opened = open_links(call, path); !opened) return std::move(opened).error();
    entry = find(path);
  }
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
  if (auto readable = this->readable(call, path); !readable) return std::move(readable).error();
  const auto conversion = mending(call, [&] { return conversion_of(*find(path)); });
  if (!conversion) return conversion.error();
  const Entry& entry = *find(path);
  const Part& part = parts_[entry.part];
  if (conversion->is_none() && part.origin.limits.backend == Backend::program &&
      is_larger(part, entry.id, streamed_from) && !is_larger(part, entry.id, part.origin.file_bytes_max))
    return stream(call, entry, out);
  auto object = mending(call, [&]() { return bytes_of(*find(path)); });
  if (!object) return std::move(object).error();
  if (contents_.large_files)
    if (const auto pointer = read_pointer(text_of(*object))) {
      auto read = parts_[find(path)->part].origin.large_files.read(call, *pointer, out);
      if (!read) return std::move(read).error().in(printable(std::string(path)));
      return {};
    }
  say_pointer(std::string(path), text_of(*object));
  if (conversion->is_none()) return put_all(call, text_of(*object), out);
  auto text = converted(*conversion, text_of(*object));
  if (!text) return std::move(text).error().in(printable(std::string(path)));
  return put_all(call, *text, out);
}

Result<void> GitTree::put_all(Call& call, std::string_view rest, const Bytes& out) {
  while (!rest.empty()) {
    if (auto running = call.check(); !running) return running;
    const std::string_view chunk = rest.substr(0, STOKER_CHUNK_BYTES_MAX);
    if (auto put = out.put(chunk); !put) return put;
    rest.remove_prefix(chunk.size());
  }
  return {};
}

}  // namespace stoker::git
