// spec.validation.dryRunBefore of whole programs: nobody is changed before all have planned the revision.
#include "plant.hpp"

#include <fstream>

namespace plant {
namespace {

// Two targets with a profile each. Whether both can have a revision is up to the folder that `other` demands.
class DryRunFirstTest : public Plant {
 protected:
  void SetUp() override {
    write_config();
    other_ = folder_ / "data-of-press-2";
    fs::create_directories(other_);
    std::ofstream(folder_ / "stoker.yaml", std::ios::app)
        << "  - {name: press-2, sync: line-a, profile: other, verify: none, data: " << other_.string() << "}\n";
    write_text(folder_ / "syncs/line-a.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git: {repo: "
               "\"file://" +
                   repository_.folder().string() +
                   "\", ref: main}\n  polling: {interval: 1s}\n  validation: {dryRunBefore: true}\n  sync:\n"
                   "    profiles:\n      line: {mappings: [{source: projects, destination: projects}]}\n"
                   "      other: {mappings: [{source: other, destination: other, required: true}]}\n");
  }
  std::string commit(const std::string& text, bool with_other) {
    write_projects(1, 1, text);
    fs::remove_all(repository_.folder() / "other");
    if (with_other) {
      fs::create_directories(repository_.folder() / "other");
      write_text(repository_.folder() / "other/a.txt", text);
    }
    return repository_.commit(text);
  }
  std::string runs(const fs::path& data) const {
    const json::object known = memory(data);
    const json::value* running = known.if_contains("running");
    return running && running->is_object() ? std::string(running->at("revision").as_string()) : "";
  }
  bool both_run(const std::string& revision) const { return runs(data_) == revision && runs(other_) == revision; }

  fs::path other_;
};

// features F01
TEST_F(DryRunFirstTest, NobodyIsChangedWhereOneTargetCannotHaveTheRevision) {
  const std::string first = commit("first", true);
  start_stoker();
  ASSERT_TRUE(eventually("the first revision", [&] { return both_run(first); }));
  EXPECT_GE(log_count("DRY_RUN: Would have changed"), 2u);

  commit("second", false);
  ASSERT_TRUE(eventually("the refusal", [&] {
    return stoker({"why", "press-1", "-c", (folder_ / "stoker.yaml").string()}).out.find("press-2: ") !=
           std::string::npos;
  }));
  EXPECT_TRUE(both_run(first));
  const auto asked = stoker({"sync", "-c", (folder_ / "stoker.yaml").string()});
  EXPECT_NE(asked.code, 0) << asked.out << asked.err;
  EXPECT_TRUE(both_run(first));

  const std::string third = commit("third", true);
  const auto synced = stoker({"sync", "-c", (folder_ / "stoker.yaml").string()});
  EXPECT_EQ(synced.code, 0) << synced.out << synced.err;
  EXPECT_TRUE(both_run(third)) << "the command waits for the Runs behind the dry runs";
}

// features F01
TEST_F(DryRunFirstTest, ACommandWithoutAHostPlansAllTargetsFirstToo) {
  const std::string first = commit("first", true);
  const child::Arguments sync{"sync", "-c", (folder_ / "stoker.yaml").string()};
  const auto begun = stoker(sync);
  EXPECT_EQ(begun.code, 0) << begun.out << begun.err;
  EXPECT_TRUE(both_run(first));
  commit("second", false);
  const auto refused = stoker(sync);
  EXPECT_NE(refused.code, 0) << refused.out << refused.err;
  EXPECT_NE(refused.out.find("press-1  held at"), std::string::npos) << refused.out;
  EXPECT_TRUE(both_run(first));
  const auto looked = stoker({"sync", "--dry-run", "-c", (folder_ / "stoker.yaml").string()});
  EXPECT_TRUE(both_run(first)) << looked.out;
}

}  // namespace
}  // namespace plant
