// Random edits of a real project in a work tree: contents, renames, type flips, deletes, new views, modes. The same
// seed makes the same edits. Only what keeps the project loadable and its JSON valid. Any thread, one at a time.
#pragma once

#include "support/repository.hpp"

#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace plant {

class RandomEdits {
 public:
  // Edits below `project` of `repository`; folders in `kept_folders` are never turned into files.
  RandomEdits(repository::Repository& repository, std::string project, std::set<std::string> kept_folders,
              unsigned seed);

  std::string commit();   // one to six edits; the revision
  void touch(int count);  // so many files, whichever they are, get other content in the next commit
  int below(int bound);   // a number from 0 to bound - 1, of the same sequence
  std::string counts() const;

 private:
  enum Edit { content, descriptor, rename, remove, add, to_file, to_folder, mode, kinds };
  static constexpr const char* names[kinds] = {"contents",  "descriptors",    "renames",        "deletes",
                                               "new views", "folder to file", "file to folder", "modes"};
  bool edit(Edit kind);
  bool change_content(const std::string& file);
  bool change_descriptor(const std::string& file);
  bool turn_into_folder(const std::string& file);
  void write_view(const std::string& folder);
  std::vector<std::string> files(const std::string& name) const;  // all of that name; "" for every one but project.json
  std::vector<std::string> folders() const;                       // those of resources
  std::string one_of(const std::vector<std::string>& paths);      // "" when there is none

  repository::Repository& repository_;
  const std::string project_;
  const std::set<std::string> kept_folders_;
  std::mt19937 random_;
  int serial_ = 0;
  int done_[kinds] = {};
  std::vector<std::string> flipped_;  // files that were folders
};

}  // namespace plant
