// Trees like those of real gateway projects, made from a seed: the sizes of their files follow what was counted in
// public repositories. Pure but for `write` and `import`. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bench {

class Tree {
 public:
  Tree(std::size_t files, std::uint64_t seed);

  std::size_t files() const { return entries_.size(); }
  std::uint64_t bytes() const { return bytes_; }
  // The one file that changes, 8 KB of JSON in either version.
  const std::string& changing() const { return entries_[changing_].path; }
  std::string changed_bytes(unsigned version) const { return content(entries_[changing_], version); }

  void write(const std::filesystem::path& folder) const;

  // A bare repository with two commits that differ in the one file.
  struct Commits {
    std::string first, second;
  };
  Commits import(const std::filesystem::path& repository) const;

 private:
  enum class Kind : std::uint8_t { project, view, resource, script, query, thumbnail };
  struct Entry {
    std::string path;
    Kind kind;
    std::uint32_t bytes;
  };
  void add(std::string path, Kind kind, std::size_t files_max);
  std::string content(const Entry& entry, unsigned version) const;
  std::uint64_t random();

  std::uint64_t state_;
  std::vector<Entry> entries_;
  std::size_t changing_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench
