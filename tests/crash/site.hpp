// What the stops are tried on: a gateway's data directory in which revision r1 runs and is verified, and r2 with every
// kind of change. Each process that works on it is a fork of the test; what it has to say stands in shared memory.
#pragma once

#include "host/values/briefing.hpp"
#include "tests/crash/traced.hpp"
#include "tests/plugins/strategy-merge/merge_fixture.hpp"

namespace crash {

namespace fs = std::filesystem;
using stoker::Result;
using stoker::merge::testing::Repository;
using stoker::merge::testing::SourceFile;
using stoker::merge::testing::SourceTree;

// Path → type, mode and bytes of everything below a folder but Stoker's own.
using Tree = std::map<std::string, std::string>;
Tree tree_of(const fs::path& data);
// What two trees do not have in common, by path.
std::string difference(const Tree& have, const Tree& want);

// The key of a revision that is held from the beginning and has to stay so.
inline constexpr const char* held_before = "a-key-that-was-held-before";

// What a process under test had to say.
struct Account {
  Phase failed_in = Phase::none;
  char error[256] = {};
  bool ended = false;         // all it had to do was done, or answered with an error
  bool turned_back = false;   // apply failed; it went on with its revert
  char complaint[4096] = {};  // of a successor: what is not as it should be
  std::size_t found = 0;      // of a successor: a digest of all that it found
  void fail(Phase phase, const stoker::Error& why);
};

class Site {
 public:
  // `extra_files` beside the twenty that carry every kind of change; in a folder of its own in `place`.
  explicit Site(int extra_files = 0, unsigned seed = 0, const fs::path& place = in_memory());
  ~Site();
  Site(const Site&) = delete;

  const fs::path& data() const { return data_; }
  Repository& source() { return source_; }
  const Tree& old_tree() const { return old_; }
  const Tree& new_tree() const { return new_; }
  // The same for a directory in which Stoker has never been.
  const Tree& empty_tree() const { return empty_; }
  const Tree& fresh_tree() const { return fresh_; }
  std::size_t files() const { return source_.revisions.at("r2").size(); }
  Account& account() { return *account_; }
  // The directory as it was before any stop: r1, or nothing at all.
  void restore() { restore("before"); }
  void empty();
  // The directory as it is now, under a name, and back: its files are copies then, and known by their bytes alone.
  void keep(const std::string& name);
  bool keeps(const std::string& name) const { return fs::exists(room_ / name); }
  void restore(const std::string& name);
  // Everything that a process can have changed, but for the content of its records: what two equal disks share.
  Tree footprint() const;
  // Of everything: bytes, and what one can see of a file without its bytes.
  std::size_t digest() const;
  // Runs it in a process of its own to its end, not watched; false when that was no clean end.
  bool in_process(const std::function<void()>& body);

  static stoker::host::Assignment assignment(const std::string& revision);
  static stoker::host::Briefing briefing(const std::string& revision);

  static fs::path in_memory();

 private:
  void make_revisions(int extra_files, unsigned seed);
  void settle();
  void sync();
  fs::path room_, data_;
  Repository source_;
  Tree old_, new_, empty_, fresh_;
  Account* account_;
};

}  // namespace crash
