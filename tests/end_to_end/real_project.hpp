// The plant of the real project: MobileHMS from tests/data in the repository and one or more simulated gateways, each
// with files of other people in and beside what is mapped. Knows every tree that a gateway may ever have loaded. Main
// thread only.
#pragma once

#include "plant.hpp"

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace plant {

inline constexpr const char* project = "projects/MobileHMS";
inline constexpr const char* views = "projects/MobileHMS/com.inductiveautomation.perspective/views/";
inline constexpr const char* generous_prune = "        prune: {maxFiles: 10000, maxPercent: 100}\n";
// A folder that random edits have to leave a folder: somebody else's file lies in it.
inline constexpr const char* shared_folder =
    "projects/MobileHMS/com.inductiveautomation.perspective/views/1_TEMPLATES/60px/top/Button_Clear";

struct Entry {
  std::string meaning;
  bool executable = false;
  auto operator<=>(const Entry&) const = default;
};
using Entries = std::map<std::string, Entry>;

Entries entries_of(const fs::path& root);
// The first few paths in which two trees differ; empty when they are equal.
std::string difference(const Entries& wanted, const Entries& found);
// Memory where there is enough of it, for kills of a process and not of a machine.
fs::path fast_folder();

class RealProject : public Plant {
 protected:
  struct Press {
    std::string name;
    fs::path data;
    ignition_sim::Gateway* gateway;
  };

  explicit RealProject(const fs::path& below = fs::temp_directory_path());

  // The first gateway is the plant's; the others begin with the same data directory, key included.
  void start_gateways(const std::vector<ignition_sim::SignatureForm>& forms);
  std::string commit(const std::string& subject);
  void note_commit();  // the work tree is a commit: gateways may load it, and files be it

  // The real project as the first commit, at every gateway; its revision.
  std::string begin(const Sync& sync);
  void start();       // Stoker
  void hint();        // one that is no timer's
  void look_again();  // such a hint, and the Run of each target that answers it

  bool remembered(const Press& press, const std::string& revision) const;
  // Every gateway says that it is done; then files and loaded projects have to be this commit's, at once.
  void expect_everywhere(const std::string& revision);
  void expect_no_mix_was_loaded();
  // No mix was ever loaded, what is nobody's is as it was at the beginning, and looking again writes nothing.
  void expect_nothing_else_was_touched();
  std::size_t starts() const { return starts_; }
  std::size_t loads() const;  // of projects, by all gateways

  // What is nobody's, each file with identity, times and bytes.
  std::string nobodys(const Press& press) const;
  std::vector<std::string> snapshots() const;

  std::vector<Press> presses_;
  Entries last_;  // what the files are to be: the last commit and what is nobody's

 private:
  std::size_t unchanged(const Press& press) const;
  void allow_loading(ignition_sim::View commit);

  std::vector<std::unique_ptr<ignition_sim::Gateway>> others_;
  std::vector<std::string> untouched_;  // what is nobody's, at each gateway
  std::size_t starts_ = 0;
  std::set<std::string> loadable_;  // digests of what a gateway may ever have loaded
  std::string last_loaded_;
};

}  // namespace plant
