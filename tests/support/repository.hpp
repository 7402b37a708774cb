// A git repository with a work tree for tests and the demo, made with the git program. Any thread that may start
// children.
#pragma once

#include "support/ignition_sim/view.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace repository {

class Repository {
 public:
  explicit Repository(std::filesystem::path folder);  // makes it, on branch main, without a commit

  const std::filesystem::path& folder() const { return folder_; }
  void write(const std::string& path, const std::string& text);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);
  std::string commit(const std::string& subject);  // the whole id
  void go_to(const std::string& revision);         // the branch and the work tree, as a forced push does

  // What a gateway has loaded when it has this commit: the projects, by meaning.
  ignition_sim::View view() const;

 private:
  std::string git(std::vector<std::string> arguments) const;
  std::filesystem::path folder_;
};

// projects/<name>/project.json
std::string project_json(const std::string& description, const std::string& parent, bool inheritable);

}  // namespace repository
