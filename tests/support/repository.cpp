// A git repository for tests and the demo; see repository.hpp.
#include "repository.hpp"

#include "child.hpp"

#include <fstream>

namespace repository {

namespace fs = std::filesystem;

Repository::Repository(fs::path folder) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  git({"init", "-q", "-b", "main"});
}

void Repository::write(const std::string& path, const std::string& text) {
  fs::create_directories((folder_ / path).parent_path());
  std::ofstream(folder_ / path, std::ios::binary | std::ios::trunc) << text;
}

void Repository::rename(const std::string& from, const std::string& to) { git({"mv", from, to}); }

void Repository::remove(const std::string& path) { git({"rm", "-r", "-q", path}); }

std::string Repository::commit(const std::string& subject) {
  git({"add", "-A"});
  git({"commit", "-q", "-m", subject});
  std::string id = git({"rev-parse", "HEAD"});
  while (id.ends_with('\n')) id.pop_back();
  return id;
}

void Repository::go_to(const std::string& revision) { git({"reset", "-q", "--hard", revision}); }

ignition_sim::View Repository::view() const {
  return ignition_sim::view_of(ignition_sim::read_tree(folder_, "projects"));
}

// Independent of who runs it: no line-end conversion, no hooks, no signing, a name of its own.
std::string Repository::git(std::vector<std::string> arguments) const {
  child::Arguments all{"env", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "git", "-C", folder_.string()};
  for (const char* setting : {"user.name=Demo", "user.email=demo@localhost", "core.autocrlf=false", "gc.auto=0"}) {
    all.emplace_back("-c");
    all.emplace_back(setting);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return child::output_of(all);
}

std::string project_json(const std::string& description, const std::string& parent, bool inheritable) {
  return "{\n  \"title\": \"\",\n  \"description\": \"" + description + "\",\n  \"parent\": \"" + parent +
         "\",\n  \"enabled\": true,\n  \"inheritable\": " + (inheritable ? "true" : "false") + "\n}\n";
}

}  // namespace repository
