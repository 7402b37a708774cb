// A target's data directory for a fuzz target: made anew for each input, on a file system in memory where there is one,
// with a folder beside it that nobody may touch.
#pragma once

#include "fuzz.hpp"

#include "plugins/strategy-merge/merge_strategy.hpp"

#include <stoker/testing/fake_host.hpp>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace stoker::fuzz {

namespace fs = std::filesystem;

inline std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put(const fs::path& file, std::string_view bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

class TargetFolder {
 public:
  TargetFolder() {
    std::error_code none;
    const fs::path memory = "/dev/shm";
    const fs::path above = fs::is_directory(memory, none) ? memory : fs::temp_directory_path();
    std::string name = (above / "stoker-fuzz-XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    root_ = name;
  }
  ~TargetFolder() {
    std::error_code none;
    fs::remove_all(root_, none);
  }
  fs::path data() const { return root_ / "data"; }
  fs::path database() const { return data() / ".stoker/merge/state.db"; }

  void empty() {
    fs::remove_all(root_);
    fs::create_directories(database().parent_path());
    for (const char* name : {".foreign", "foreign"}) put(data() / name, "not ours");  // on both sides of .stoker
    put(root_ / "beside", "not ours");
    put(root_ / "beside.d/file", "not ours");
  }
  // Nothing but what lies in the data directory has changed; nor did what no record names.
  void unharmed() const {
    promise(bytes_of(root_ / "beside") == "not ours" && bytes_of(root_ / "beside.d/file") == "not ours",
            "a file beside the data directory is left alone");
    std::size_t entries = 0;
    for ([[maybe_unused]] const auto& entry : fs::recursive_directory_iterator(root_ / "beside.d")) ++entries;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_)) ++entries;
    promise(entries == 4, "nothing is put beside the data directory");
    for (const char* name : {".foreign", "foreign"})
      promise(bytes_of(data() / name) == "not ours", "a file that no record names is left alone");
  }

 private:
  fs::path root_;
};

// All that reads the records, and what then acts on them.
inline void recover_and_run(const fs::path& data) {
  testing::FakeHost host;
  const auto call = host.call(std::chrono::seconds(60));
  merge::MergeStrategy strategy(
      host.config(R"({"settings": {"preset": "ignition"}, "use": {"folder": ".stoker", "target": {"data": ")" +
                  data.string() + R"("}}})"),
      host.host());
  testing::Collected<Change> changes;
  testing::Collected<Note> notes;
  testing::Collected<Decision> decisions;
  testing::CollectedText state;
  if (!strategy.recover(call->call(), "r2", changes.out(), notes.out(), state.out())) return;
  promise(state.items.size() == 1, "recover says what it found");
  (void)strategy.revert(call->call(), "r1", changes.out(), notes.out());
  testing::FakeView tree("new", {{"p/a", "1"}, {"p/b/c", "2"}});
  const char* assignment = R"({"format": 1, "revision": "new", "profile": {"name": "x", "prune": {"maxPercent": 100},
    "mappings": [{"source": "p", "destination": "projects", "type": "dir"}]}})";
  if (strategy.plan(call->call(), "r9", assignment, tree.view(), changes.out(), notes.out(), decisions.out()))
    if (strategy.stage(call->call(), "r9", tree.view())) (void)strategy.apply(call->call(), "r9", notes.out());
  (void)strategy.forget(call->call(), "r3");
  (void)strategy.forget(call->call(), "r9");
}

}  // namespace stoker::fuzz
