// The demo's git repository: the project of tests/data below a small inheritable parent. Main thread only.
#pragma once

#include "support/ignition_sim/view.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace demo {

class Repository {
 public:
  // A new repository at `folder` with the project of `archive`, committed on main.
  Repository(std::filesystem::path folder, const std::filesystem::path& archive);

  void write(const std::string& path, const std::string& text);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& path);
  std::string commit(const std::string& subject);  // the short id

  // What a gateway has loaded when it has this commit: the projects, by meaning.
  ignition_sim::View view() const;

 private:
  std::string git(std::vector<std::string> arguments) const;
  std::filesystem::path folder_;
};

// projects/<name>/project.json
std::string project_json(const std::string& description, const std::string& parent, bool inheritable);

}  // namespace demo
