// Many Syncs on one repository: however many they are and whatever refs they name, the server is asked for its list of
// refs once for all of them. Counted by the server, beside what the program counts itself.
#include "plant.hpp"

#include "support/git_servers/https_git_server.hpp"

#include <signal.h>

#include <array>

namespace plant {
namespace {

using git_servers::Asked;
using git_servers::HttpsGitServer;
using std::chrono::steady_clock;

constexpr std::size_t syncs = 12;
constexpr std::array refs = {"main", "other", "v1.*"};
static_assert(1 + 2 * refs.size() < syncs, "else one listing for each would not be noticed");

class ManySyncsTest : public Plant {
 protected:
  void start(const std::string& interval) {
    push("first");
    // a text of JSON is one of YAML
    const std::string ca = json::serialize(json::value(server_.authority().pem()));
    write_config("", "  source-git: {settings: {repositories: [{prefix: \"" + server_.url("") + "\", ca: " + ca +
                         "}]}}\n  trigger-poll: {}\n  strategy-merge: {}\n");
    for (std::size_t i = 0; i < syncs; ++i) {
      const std::string name = i == 0 ? "line-a" : "line-" + std::to_string(i);
      write_text(folder_ / "syncs" / (name + ".yaml"),
                 "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: " + name +
                     "}\nspec:\n  git: {repo: \"" + server_.url("repository") + "\", ref: \"" + refs[i % refs.size()] +
                     "\"}\n  polling: {interval: " + interval +
                     "}\n  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
      data_of_.push_back(i == 0 ? data_ : add_target("press-" + std::to_string(i + 1), name));
    }
    start_stoker();
  }
  // Another commit for each of the refs.
  void push(const std::string& text) {
    const auto git = [this](child::Arguments arguments) {
      arguments.insert(arguments.begin(), {"git", "-C", repository_.folder().string()});
      child::output_of(arguments);
    };
    write_projects(1, 1, text + " of the tag");
    wanted_[2] = repository_.commit("tag");
    git({"tag", "v1." + std::to_string(pushes_++)});
    write_projects(1, 1, text + " of the other");
    wanted_[1] = repository_.commit("other");
    git({"branch", "-f", "other"});
    write_projects(1, 1, text + " of main");
    wanted_[0] = repository_.commit("main");
  }
  bool all_have_theirs() const {
    for (std::size_t i = 0; i < syncs; ++i)
      if (!runs_verified(wanted_[i % refs.size()], data_of_[i])) return false;
    return true;
  }
  // As the program counts them; the server counts what it was asked.
  std::size_t listings() {
    const std::string count = metric("stoker_ref_resolve_duration_seconds_count");
    return count == "none" ? 0 : std::stoul(count);
  }
  std::size_t begun() const {  // conversations: one a listing, and one or two a fetch, by id and by name
    const auto asked = server_.asked();
    return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [](const Asked& one) {
      return one.method == "GET" && one.path.find("/info/refs") != std::string::npos;
    }));
  }

  const HttpsGitServer server_{folder_};
  std::vector<fs::path> data_of_;
  std::array<std::string, refs.size()> wanted_;
  int pushes_ = 0;
};

// pitfalls P61
TEST_F(ManySyncsTest, OfOneRepositoryAreAnsweredByOneListing) {
  start("1h");
  ASSERT_TRUE(eventually("the first revisions", [&] { return all_have_theirs(); }));
  EXPECT_EQ(listings(), 1U);
  EXPECT_LE(begun(), 1 + 2 * refs.size()) << "one listing, and at most a fetch for each commit";
  const std::size_t before = begun();
  push("second");
  stoker_.send(SIGHUP);
  ASSERT_TRUE(eventually("the second revisions", [&] { return all_have_theirs(); }));
  EXPECT_EQ(listings(), 2U);
  EXPECT_LE(begun() - before, 1 + 2 * refs.size());
  std::printf("%zu Syncs, %zu refs: 2 looks, %zu listings, %zu conversations with the server\n", syncs, refs.size(),
              listings(), begun());
}

// pitfalls P61
TEST_F(ManySyncsTest, OfOneRepositoryArePolledTogether) {
  constexpr std::size_t polls = 5;
  constexpr std::chrono::milliseconds shortest_interval{900};  // jitter takes a tenth, and draws for each poll
  start("1s");
  ASSERT_TRUE(eventually("the first revisions", [&] { return all_have_theirs(); }));
  const std::size_t begun_before = begun(), listings_before = listings();
  const auto since = steady_clock::now();
  ASSERT_TRUE(eventually("some polls", [&] { return listings() >= listings_before + polls; }));
  const std::size_t listed = listings() - listings_before, asked = begun() - begun_before;
  const auto intervals = static_cast<std::size_t>((steady_clock::now() - since) / shortest_interval);
  EXPECT_LE(listed, intervals + 1) << "one in each interval, for all";
  EXPECT_LE(asked, listed + 2) << "and the server was asked no more: one may have begun before, one not be counted yet";
  push("second");
  ASSERT_TRUE(eventually("the second revisions", [&] { return all_have_theirs(); }));
  std::printf("%zu Syncs, %zu refs: %zu polls in %zu intervals, %zu conversations with the server\n", syncs,
              refs.size(), listed, intervals, asked);
}

}  // namespace
}  // namespace plant
