// The program and a repository with names that no gateway can have, and with submodules that cannot be had: what is
// mapped is refused whole, at first and later, and what is not mapped matters to nobody.
#include "plant.hpp"

namespace plant {
namespace {

class UnmappedTest : public Plant {
 protected:
  UnmappedTest() {
    write_config();
    write_text(folder_ / "syncs/line-a.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git:\n    repo: "
               "file://" +
                   repository_.folder().string() +
                   "\n    ref: main\n    submodules: true\n  polling: {interval: 1s}\n"
                   "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
    repository_.write("projects/Line/a", "1");
  }
  void commit(const std::string& name) { revision_ = repository_.commit(name); }
  void expect_applied() {
    const json::object report = sync_once(0);
    EXPECT_EQ(report.at("outcome").as_string(), "applied") << json::serialize(report);
    EXPECT_EQ(report.at("revision").as_string(), revision_) << json::serialize(report);
  }
  // A process looks at everything until its first Run is verified, and then asks for differences.
  void start_and_see_a_commit() {
    start_stoker();
    repository_.write("projects/Line/seen", "1");
    commit("seen by the process");
    EXPECT_TRUE(eventually("the revision", [&] { return runs_verified(revision_); }));
  }
  void expect_refused(const std::string& code, const std::string& words) {
    const std::string report = json::serialize(sync_once(1));
    EXPECT_NE(report.find(code), std::string::npos) << report;
    EXPECT_NE(report.find(words), std::string::npos) << report;
  }
  void link(const std::string& path, const std::string& url) {
    child::output_of({"git", "-C", repository_.folder().string(), "update-index", "--add", "--cacheinfo",
                      "160000," + std::string(40, '1') + "," + path});
    child::output_of(
        {"git", "config", "-f", (repository_.folder() / ".gitmodules").string(), "submodule." + path + ".path", path});
    child::output_of(
        {"git", "config", "-f", (repository_.folder() / ".gitmodules").string(), "submodule." + path + ".url", url});
    child::output_of({"git", "-C", repository_.folder().string(), "add", ".gitmodules"});
    child::output_of({"git", "-C", repository_.folder().string(), "-c", "user.name=t", "-c", "user.email=t@t", "commit",
                      "-q", "-m", "link"});
    revision_ = child::output_of({"git", "-C", repository_.folder().string(), "rev-parse", "HEAD"}).substr(0, 40);
  }
  std::string revision_;
};

// cases T26
TEST_F(UnmappedTest, AnOddNameRefusesTheRevisionsOfWhoMapsIt) {
  repository_.write("projects/Line/odd\\name", "1");
  commit("odd from the beginning");
  expect_refused("git.path-refused", "projects/Line/odd");
  EXPECT_FALSE(fs::exists(data_ / "projects/Line/a"));

  fs::remove(repository_.folder() / "projects/Line/odd\\name");
  commit("without it");
  expect_applied();

  start_and_see_a_commit();
  repository_.write("projects/Line/caf\xe9", "1");
  repository_.write("projects/Line/b", "1");
  commit("odd again, as a difference");
  ASSERT_TRUE(eventually("the refusal", [&] { return log_count("caf?\" is refused") == 1; }));
  repository_.write("projects/Line/b", "2");
  commit("odd, and another difference");
  ASSERT_TRUE(eventually("the next refusal", [&] { return log_count("caf?\" is refused") == 2; }));
  EXPECT_FALSE(fs::exists(data_ / "projects/Line/b"));

  fs::remove(repository_.folder() / "projects/Line/caf\xe9");
  commit("without it again");
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision_); }));
  EXPECT_EQ(text_of(data_ / "projects/Line/b"), "2");
}

// cases T26
TEST_F(UnmappedTest, AnOddNameElsewhereMattersToNobody) {
  repository_.write("units/mnt-my\\x2ddata.mount", "1");
  commit("odd from the beginning");
  expect_applied();
  start_and_see_a_commit();
  repository_.write("projects/Line/a", "2");
  repository_.write("units/mnt-my\\x2ddata.mount", "2");
  repository_.write("docs/caf\xe9", "1");
  commit("another, as a difference");
  ASSERT_TRUE(eventually("the revision", [&] { return runs_verified(revision_); }));
  EXPECT_EQ(text_of(data_ / "projects/Line/a"), "2");
}

// cases T22
TEST_F(UnmappedTest, ASubmoduleElsewhereMattersToNobody) {
  commit("first");
  expect_applied();
  repository_.write("projects/Line/a", "2");
  repository_.commit("second");
  link("docs/theme", "https://no-such-host.invalid/theme");
  expect_applied();
  EXPECT_EQ(text_of(data_ / "projects/Line/a"), "2");
  link("projects/Line/library", "https://no-such-host.invalid/library");
  expect_refused("git.dns", "submodule projects/Line/library");
  EXPECT_EQ(text_of(data_ / "projects/Line/a"), "2");
}

}  // namespace
}  // namespace plant
