// The content of one commit and, if wanted, of its submodules. It is read from the objects in the caches; nothing is
// checked out. When a cache is found damaged it is made anew, and the tree goes on. The host owns a tree, closes it
// before its source, and makes one call at a time.
#pragma once

#include "attributes.hpp"
#include "origin.hpp"
#include "path_cover.hpp"
#include "submodule_map.hpp"

#include <stoker/source.hpp>

#include <mutex>
#include <optional>
#include <set>

namespace stoker::git {

// What the tree contains besides the committed files themselves.
struct Contents {
  bool submodules = false, large_files = false;
  bool attributes = false;  // line ends and encodings are those of a checkout
};

class GitTree : public Tree {
 public:
  GitTree(Origins& origins, std::string revision, std::string known_as, Contents contents, Log log);

  // Fetches the commit. What cannot be delivered, and what is in submodules, matters only where somebody asks for it,
  // because most of a repository may not be for a gateway. Fails with git.revision-not-found, git.tree-too-large.
  Result<void> load(Call& call);

  // Fetches the submodules at or below `under`. Fails with git.path-refused when there is a name that cannot be
  // delivered, and as a submodule fails.
  Result<void> list(Call& call, std::string_view under, const Out<File>& out) override;
  Result<void> read(Call& call, std::string_view path, const Bytes& out) override;
  Result<void> diff(Call& call, std::string_view since, const Out<Delta>& out) override;

 private:
  // A commit of one repository. `prefix` is the path of its root: empty, or "folder/" for a submodule.
  struct Part {
    Origin& origin;
    std::string revision, prefix;
    int depth;  // how many submodules it is nested in
    Clone clone = {};
    OdbHandle odb = {};
    std::optional<SubmoduleMap> urls = {};      // of its submodules, once they were read
    std::optional<Attributes> attributes = {};  // where one of them may change bytes
    bool attributes_unread = false;             // more or larger files of attributes than are looked through
  };
  struct Entry {
    std::string path;
    git_oid id;
    std::uint32_t mode;
    File::Type type;
    std::uint32_t part;  // index in parts_
  };
  struct Walk;
  Result<void> reload(Call& call);
  Result<void> open_part(Call& call, std::size_t part);
  void keep(Walk& walk);
  Result<SubmoduleMap> read_urls(const Part& part) const;
  Result<Origin*> origin_of(const Entry& link);
  Result<void> open_links(Call& call, std::string_view under);
  Result<void> open_link(Call& call, const Entry& link);
  Result<void> check_names(std::string_view under) const;
  Result<void> walk(Walk& walk, const git_oid& tree_id, const std::string& prefix, int depth) const;
  Result<void> compare(Walk& walk, const git_oid* before, const git_oid* now, const std::string& prefix,
                       int depth) const;
  static bool is_larger(const Part& part, const git_oid& id, std::size_t bytes_max);
  Error too_large() const;
  Result<TreeHandle> tree_of(const Part& part, const git_oid& commit) const;
  const Entry* find(std::string_view path) const;
  Result<File> file(const Entry& entry) const;
  std::pair<std::size_t, std::size_t> below(std::string_view under) const;  // indexes in entries_
  Result<std::vector<File>> files(Call& call, std::string_view under, std::string_view last) const;
  Result<const Entry*> readable(Call& call, std::string_view path);
  Result<void> stream(Call& call, const Entry& entry, const Bytes& out) const;
  static Result<void> put_all(Call& call, std::string_view bytes, const Bytes& out);
  Result<OdbObject> bytes_of(const Entry& entry) const;
  // The Git LFS pointer in an entry of this size. No value when it is not one, or when large files are not wanted.
  Result<std::optional<Pointer>> pointer_at(const Entry& entry, std::size_t bytes) const;
  Result<std::vector<Delta>> deltas_since(Call& call, std::string_view since) const;
  Error damaged(const Part& part, std::string_view what) const;
  void say_submodules() const;
  void say_odd_names() const;
  void say_attributes(Call& call, const Part& part) const;
  void say_unknown_attributes(const std::string& why) const;
  Result<Conversion> conversion_of(const Entry& entry) const;
  bool may_have_attributes(Part& part) const;
  void say_pointer(const std::string& path, std::string_view bytes);
  // Runs a function that reads the caches. When a cache is damaged, runs it once more on a new clone.
  template <class Function>
  auto mending(Call& call, Function function) -> decltype(function());

  Origins& origins_;
  const std::string revision_, known_as_;
  const Contents contents_;
  const Log log_;
  std::recursive_mutex turn_;  // because who receives a list may ask for a file within it
  std::vector<Part> parts_;    // the first one is the repository itself
  mutable Cache::Doubted doubted_;
  std::vector<Entry> entries_;    // sorted by the bytes of the path
  ByPath<std::string_view> odd_;  // paths that cannot be delivered, and why; nothing below them is in entries_
  ByPath<Entry> links_;           // submodules that nobody asked for so far
  std::set<std::string> opened_;  // paths of those that are open
  std::size_t seen_ = 0, path_bytes_ = 0;
  int pointers_said_ = 0;
};

}  // namespace stoker::git
