// A process was killed among its renames. Whatever else is wrong when the next one starts, the tree becomes one whole
// revision first. cases T29
#include "story.hpp"

#include <sys/stat.h>

#include <fstream>

namespace plant {
namespace {

// One thing that is wrong at the next start, and what `stoker sync` then has to say about it.
struct Mistake {
  const char* name;
  void (*make)(const fs::path& folder);
  const char* says;
  friend void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }
};

void edit(const fs::path& file, const std::string& what, const std::string& by) {
  std::string text = text_of(file);
  const std::size_t at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what << " is not in " << file;
  write_text(file, text.replace(at, what.size(), by));
}

const Mistake mistakes[] = {
    {"TheSyncHasATypo", [](const fs::path& f) { edit(f / "syncs/line-a.yaml", "spec:", "spce:"); }, "spce"},
    {"TheSyncIsGone", [](const fs::path& f) { fs::remove(f / "syncs/line-a.yaml"); }, "line-a"},
    {"TheConfigurationHasATypo", [](const fs::path& f) { edit(f / "stoker.yaml", "syncs:", "sincs:"); }, "sincs"},
    {"TheConfigurationIsNoYaml",
     [](const fs::path& f) { std::ofstream(f / "stoker.yaml", std::ios::app) << "targets: [\n"; }, "stoker.yaml"},
    {"AModuleIsNotInstalled",
     [](const fs::path& f) { edit(f / "stoker.yaml", "modules:", "modules:\n  notify-none: {}"); }, "notify-none"},
    {"TheSecretOfTheGatewayIsGone", [](const fs::path& f) { fs::remove_all(f / "state/secrets/press-1"); }, "press-1"},
    {"TheTargetLeftTheConfiguration",
     [](const fs::path& f) {
       const std::string text = text_of(f / "stoker.yaml");
       write_text(f / "stoker.yaml", text.substr(0, text.find("targets:")));
     },
     ""},
    {"AnotherTargetHasNoFolder",
     [](const fs::path& f) {
       std::ofstream(f / "stoker.yaml", std::ios::app)
           << "  - {name: press-0, sync: line-a, profile: line, data: " << (f / "nowhere").string()
           << ", gateway: {url: \"http://127.0.0.1:9\"}}\n";
     },
     "press-0"},
    {"TheRepositoryIsGone", [](const fs::path& f) { fs::rename(f / "repository", f / "elsewhere"); }, ""},
};

class HalfChangedTest : public Story, public testing::WithParamInterface<Mistake> {
 protected:
  child::Finished sync(const child::Arguments& more = {}) const {
    child::Arguments all{"sync", "--config", (folder_ / "stoker.yaml").string()};
    all.insert(all.end(), more.begin(), more.end());
    return stoker(all);
  }
  // The files become a mix of the first revision and the second.
  void be_killed_among_the_renames() {
    first_ = repository_.view();
    write_projects(2, 30, "second");
    repository_.commit("Second");
    second_ = repository_.view();
    const fs::path moves = folder_ / "moves";
    write_text(moves, "5 1 9");
    {
      const child::Variable named("STOKER_TEST_MOVES", moves.string()), before_all("LD_PRELOAD", STOKER_FAILING_MOVES);
      ASSERT_EQ(sync().code, 128 + SIGKILL);
    }
    fs::remove(moves);
    ASSERT_TRUE(is_mix());
  }
  bool is_mix() const { return !files_are(first_) && !files_are(second_); }

  ignition_sim::View first_, second_;
};

TEST_P(HalfChangedTest, IsMadeWholeBeforeTheMistakeIsSaid) {
  start_gateway();
  write_config();
  write_sync({});
  begin(2, 30);
  stoker_.stop();
  be_killed_among_the_renames();
  GetParam().make(folder_);

  sync({"--dry-run"});
  EXPECT_TRUE(is_mix()) << "a dry run changes nothing";
  const child::Finished said = sync();
  EXPECT_TRUE(files_are(second_)) << said.out << said.err;
  EXPECT_NE((said.out + said.err).find(GetParam().says), std::string::npos) << said.out << said.err;
}

INSTANTIATE_TEST_SUITE_P(Mistakes, HalfChangedTest, testing::ValuesIn(mistakes),
                         [](const auto& mistake) { return std::string(mistake.param.name); });

}  // namespace
}  // namespace plant
