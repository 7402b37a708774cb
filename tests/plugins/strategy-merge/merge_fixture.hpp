// A target for the tests of strategy-merge: a data directory of its own, a source in memory whose revisions are made by
// the test, and the built plugin, loaded and called through its C tables.
#pragma once

#include "tests/support/built_strategy.hpp"
#include "tests/support/memory_repository.hpp"

#include <stoker/testing/fake_call.hpp>
#include <stoker/testing/fake_host.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <filesystem>
#include <fstream>

namespace stoker::merge::testing {

namespace fs = std::filesystem;
namespace json = boost::json;
using stoker::testing::Collected;
using stoker::testing::CollectedBytes;
using stoker::testing::CollectedText;
using stoker::testing::FakeCall;
using stoker::testing::FakeHost;

using stoker::testing::git_blob;
using stoker::testing::hex_digest;
using stoker::testing::SourceFile;
using stoker::testing::SourceTree;

// It counts what is asked of it.
struct Repository : stoker::testing::Repository {
  int lists = 0, reads = 0;
};

class RevisionView : public stoker_view {
 public:
  RevisionView(Repository& repository, const std::string& name) : stoker_view{}, repository_(repository), name_(name) {
    struct_size = sizeof(stoker_view);
    stoker_view::revision = str(name_);
    list = [](const stoker_view* v, stoker_str under, stoker_file_sink sink) {
      ++of(v).repository_.lists;
      return status(of(v).repository_.list(of(v).tree(), stoker::view(under), Out<File>(sink)));
    };
    read = [](const stoker_view* v, stoker_str path, stoker_byte_sink sink) {
      ++of(v).repository_.reads;
      return status(Repository::read(of(v).tree(), stoker::view(path), Bytes(sink)));
    };
    since = [](const stoker_view* v, stoker_str from, stoker_delta_sink sink) {
      return status(of(v).repository_.diff(of(v).tree(), string(from), Out<Delta>(sink)));
    };
  }

 private:
  static const RevisionView& of(const stoker_view* v) { return *static_cast<const RevisionView*>(v); }
  static stoker_status status(const Result<void>& answer) {
    return answer ? STOKER_OK : status_of(answer.error().kind);
  }
  const SourceTree& tree() const { return repository_.revisions.at(name_); }
  Repository& repository_;
  std::string name_;
};

// What a call of the plugin said.
struct Answer {
  stoker_status status = STOKER_OK;
  Error error;
  std::vector<Change> changes;
  std::vector<Note> notes;
  std::vector<Decision> decisions;
  std::string state;
  bool ok() const { return status == STOKER_OK; }
  std::vector<std::string> ops() const {
    std::vector<std::string> all;
    for (const Change& change : changes)
      all.push_back(std::string(1, "?+~-x"[static_cast<int>(change.op)]) + change.path);
    return all;
  }
  std::vector<std::string> noted(std::string_view code) const {
    std::vector<std::string> paths;
    for (const Note& note : notes)
      if (note.code == code) paths.push_back(note.path);
    return paths;
  }
};
using Ops = std::vector<std::string>;
using Paths = std::vector<std::string>;

inline const stoker_strategy_v1& plugin() { return stoker::testing::built_strategy(); }

// The plugin's instance for one data directory.
class Instance {
 public:
  explicit Instance(const fs::path& data, const std::string& preset = "ignition") {
    const std::string config = json::serialize(
        json::object{{"settings", {{"preset", preset}}},
                     {"use", {{"target", {{"name", "press-1"}, {"data", data.string()}}}, {"folder", ".stoker"}}}});
    FakeCall call;
    if (plugin().create(host_.raw(), call.raw(), str(config), &self_)) throw std::runtime_error(call.error()->message);
  }
  ~Instance() { plugin().destroy(self_); }
  Instance(const Instance&) = delete;

  Answer recover(const std::string& keep = "") {
    return call([&](auto* c, auto changes, auto notes, auto, auto text) {
      return plugin().recover(self_, c, str(keep), changes, notes, text);
    });
  }
  Answer plan(const std::string& run, const std::string& assignment, const stoker_view& view) {
    return call([&](auto* c, auto changes, auto notes, auto decisions, auto) {
      return plugin().plan(self_, c, str(run), str(assignment), &view, changes, notes, decisions);
    });
  }
  Answer adopt(const std::string& run) {
    return call([&](auto* c, auto, auto, auto, auto) { return plugin().adopt(self_, c, str(run)); });
  }
  Answer stage(const std::string& run, const stoker_view& view) {
    return call([&](auto* c, auto, auto, auto, auto) { return plugin().stage(self_, c, str(run), &view); });
  }
  Answer apply(const std::string& run) {
    return call([&](auto* c, auto, auto notes, auto, auto) { return plugin().apply(self_, c, str(run), notes); });
  }
  Answer revert(const std::string& run) {
    return call([&](auto* c, auto changes, auto notes, auto, auto) {
      return plugin().revert(self_, c, str(run), changes, notes);
    });
  }
  Answer inspect(const std::string& run) {
    return call([&](auto* c, auto changes, auto notes, auto, auto) {
      return plugin().inspect(self_, c, str(run), changes, notes);
    });
  }
  Answer forget(const std::string& run) {
    return call([&](auto* c, auto, auto, auto, auto) { return plugin().forget(self_, c, str(run)); });
  }
  std::optional<std::string> content(const std::string& run, const stoker_view& view, const std::string& path) {
    FakeCall c;
    CollectedBytes bytes;
    if (plugin().content(self_, c.raw(), str(run), &view, str(path), bytes.sink())) return std::nullopt;
    return bytes.bytes;
  }

 private:
  template <class Body>
  Answer call(Body&& body) {
    FakeCall c;
    Collected<Change> changes;
    Collected<Note> notes;
    Collected<Decision> decisions;
    CollectedText text;
    Answer answer;
    answer.status = body(c.raw(), changes.sink(), notes.sink(), decisions.sink(), text.sink());
    if (c.error()) answer.error = *c.error();
    answer.changes = changes.items;
    answer.notes = notes.items;
    answer.decisions = decisions.items;
    answer.state = text.last();
    return answer;
  }
  FakeHost host_;
  stoker_strategy* self_ = nullptr;
};

class MergeTest : public ::testing::Test {
 protected:
  MergeTest() {
    // In memory where there is such a place: these tests sync often, and none of them pulls the plug of the machine.
    const fs::path place = access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string name = (place / "stoker-merge-XXXXXX").string();
    room = mkdtemp(name.data());
    data = room / "data";
    fs::create_directory(data);
    start();
  }
  ~MergeTest() override {
    strategy.reset();
    fs::remove_all(room);
  }
  // A new process, as far as the plugin can tell.
  void start() {
    strategy.reset();
    strategy = std::make_unique<Instance>(data, preset);
  }
  void map(const std::string& from, const std::string& destination, json::object more = {}) {
    more["source"] = from;
    more["destination"] = destination;
    mappings.push_back(more);
  }
  std::string assignment(const std::string& revision) const {
    json::object profile{{"name", "line"}, {"mappings", mappings},   {"excludes", excludes},
                         {"vars", vars},   {"normalize", normalize}, {"prune", prune}};
    return json::serialize(
        json::object{{"format", 1},
                     {"sync", claimed_by},
                     {"namespace", "default"},
                     {"ref", "refs/heads/main"},
                     {"revision", revision},
                     {"target", {{"name", "press-1"}, {"pod", "press-1"}, {"labels", {{"line", "a"}}}, {"ordinal", 0}}},
                     {"inputs", inputs},
                     {"vars", "v"},
                     {"look", look},
                     {"repair", repair},
                     {"profile", profile},
                     {"facts", {{"state", "running"}, {"role", role}}}});
  }
  Answer plan(const std::string& revision, const std::string& name = "next") {
    return strategy->plan(name, assignment(revision), RevisionView(source, revision));
  }
  // plan, then what the host does with it. Answers the plan, or what failed after it.
  Answer sync(const std::string& revision) {
    run = "run-" + std::to_string(++runs);
    Answer planned = plan(revision, run);
    if (!planned.ok()) return planned;
    Answer done;
    if (planned.changes.empty()) {
      done = strategy->adopt(run);
    } else if (done = strategy->stage(run, RevisionView(source, revision)); done.ok()) {
      done = strategy->apply(run);
      planned.notes.insert(planned.notes.end(), done.notes.begin(), done.notes.end());
    }
    return done.ok() ? planned : done;
  }
  void write(const std::string& path, const std::string& bytes) {
    fs::create_directories((data / path).parent_path());
    std::ofstream(data / path, std::ios::binary | std::ios::trunc) << bytes;
  }
  std::string read(const std::string& path) const { return bytes_of(data / path); }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  // Every live file with its bytes, folders that are empty with "/", links with their text.
  std::map<std::string, std::string> live() const {
    std::map<std::string, std::string> tree;
    for (auto at = fs::recursive_directory_iterator(data); at != fs::recursive_directory_iterator(); ++at) {
      const std::string path = fs::relative(at->path(), data).string();
      if (path == ".stoker") {
        at.disable_recursion_pending();
        continue;
      }
      if (at->is_symlink())
        tree[path] = "-> " + fs::read_symlink(at->path()).string();
      else if (at->is_directory() && fs::is_empty(at->path()))
        tree[path] = "/";
      else if (at->is_regular_file())
        tree[path] = bytes_of(at->path());
    }
    return tree;
  }
  // The bytes and times of every file below the data root, Stoker's own included.
  std::string everything() const {
    std::string all;
    for (const auto& entry : fs::recursive_directory_iterator(data)) {
      struct stat st {};
      lstat(entry.path().c_str(), &st);
      all += entry.path().string() + ' ' + std::to_string(st.st_size) + ' ' + std::to_string(st.st_mtim.tv_sec) + '.' +
             std::to_string(st.st_mtim.tv_nsec) + ' ' + std::to_string(st.st_ino) + '\n';
    }
    return all;
  }
  // A resource.json with this attribute, stamped by this actor.
  static std::string resource(const std::string& meaning, const std::string& actor) {
    return R"({"scope":"G","version":1,"files":["view.json"],"attributes":{"lastModification":{"actor":")" + actor +
           R"(","timestamp":"2025-01-02T03:04:05Z"},"lastModificationSignature":"sig-)" + actor + R"(","what":")" +
           meaning + "\"}}";
  }

  fs::path room, data;
  Repository source;
  std::unique_ptr<Instance> strategy;
  json::array mappings, excludes, normalize;
  json::object vars{{"line", "a"}}, prune{{"maxFiles", 20}, {"maxPercent", 10}};
  std::string claimed_by = "line-a", look = "changes", role = "independent", inputs = "i1", preset = "ignition";
  bool repair = false;
  std::string run;
  int runs = 0;
};

}  // namespace stoker::merge::testing
