// The content of one commit, read from the cache's objects; nothing is ever checked out. A tree that finds its cache
// damaged has it made anew and goes on. Owned by the host, closed before its source; its calls take turns.
#pragma once

#include "cache.hpp"

#include <stoker/source.hpp>

#include <mutex>

namespace stoker::git {

class GitTree : public Tree {
 public:
  GitTree(Cache& cache, std::string revision, std::string known_as, std::uint64_t file_bytes_max, Log log);

  // Fetches what is missing and checks every path. git.path-refused, git.revision-not-found, git.revision-not-a-commit.
  Result<void> load(Call& call);

  Result<void> list(Call& call, std::string_view under, const Out<File>& out) override;
  Result<void> read(Call& call, std::string_view path, const Bytes& out) override;
  Result<void> diff(Call& call, std::string_view since, const Out<Delta>& out) override;

 private:
  struct Entry {
    std::string path;
    git_oid id;
    std::uint32_t mode;
    File::Type type;
  };
  struct Walk;
  Result<void> reload(Call& call, std::string_view doubted);
  Result<void> walk(Walk& walk, const git_oid& tree_id, const std::string& prefix, int depth) const;
  Result<void> compare(Walk& walk, const git_oid* before, const git_oid* now, const std::string& prefix,
                       int depth) const;
  bool is_larger(const git_oid& id, std::size_t bytes_max) const;
  Error too_large() const;
  Result<TreeHandle> tree_of(const git_oid& commit) const;
  const Entry* find(std::string_view path) const;
  Result<File> file(const Entry& entry) const;
  std::pair<std::size_t, std::size_t> below(std::string_view under) const;  // of entries_
  Result<std::vector<File>> files(Call& call, std::size_t first, std::size_t last) const;
  Result<OdbObject> bytes_of(const Entry& entry) const;
  Result<std::vector<Delta>> deltas_since(Call& call, std::string_view since) const;
  Error damaged(std::string_view what) const;
  void say_submodules() const;
  void say_pointer(const std::string& path, std::string_view bytes);
  // Runs a function that reads the clone; once more on a new clone when this one is damaged.
  template <class Function>
  auto mending(Call& call, Function function) -> decltype(function());

  Cache& cache_;
  const std::string revision_, known_as_;
  const std::uint64_t file_bytes_max_;
  const Log log_;
  std::mutex turn_;
  Clone clone_;
  OdbHandle odb_;
  std::vector<Entry> entries_;  // sorted by path bytes
  int pointers_said_ = 0;
};

}  // namespace stoker::git
