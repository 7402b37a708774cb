// The program and a repository with a submodule: its files come and go with what the Sync says, at the same revision.
#include "plant.hpp"

namespace plant {
namespace {

class SubmodulesTest : public Plant {
 protected:
  SubmodulesTest() {
    library.write("script.py", "shared = 1");
    const std::string commit = library.commit("library");
    repository_.write("projects/Line/own.txt", "own");
    repository_.write(".gitmodules", "[submodule \"l\"]\n\tpath = projects/Line/library\n\turl = ../library\n");
    git({"add", "-A"});
    git({"update-index", "--add", "--cacheinfo", "160000," + commit + ",projects/Line/library"});
    git({"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "-m", "with a submodule"});
    revision = git({"rev-parse", "HEAD"});
    write_config();
  }
  std::string git(child::Arguments arguments) const {
    arguments.insert(arguments.begin(), {"git", "-C", repository_.folder().string()});
    std::string out = child::output_of(arguments);
    while (out.ends_with('\n')) out.pop_back();
    return out;
  }
  void write_sync_with(const std::string& more) const {
    write_text(folder_ / "syncs/line-a.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git:\n    repo: "
               "file://" +
                   repository_.folder().string() + "\n    ref: main\n" + more +
                   "  polling: {interval: 1s}\n"
                   "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
  }

  repository::Repository library{folder_ / "library"};
  std::string revision;
  const fs::path script = data_ / "projects/Line/library/script.py";
};

TEST_F(SubmodulesTest, ItsFilesComeAndGoWithWhatTheSyncSays) {
  write_sync_with("");
  start_stoker();
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
  EXPECT_FALSE(fs::exists(script));
  EXPECT_GE(log_count("git.submodules: true would"), 1u);
  write_sync_with("    submodules: true\n");
  ASSERT_TRUE(eventually("its file", [&] { return fs::exists(script) && text_of(script) == "shared = 1"; }));
  write_sync_with("");
  ASSERT_TRUE(eventually("its end", [&] { return !fs::exists(script); }));
  EXPECT_EQ(text_of(data_ / "projects/Line/own.txt"), "own");
  EXPECT_TRUE(eventually("the revision", [&] { return runs_verified(revision); }));
}

}  // namespace
}  // namespace plant
