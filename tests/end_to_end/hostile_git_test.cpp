// The program with two targets: the repository of one is good, the server of the other is hostile. What it costs is its
// own target's call, and that no longer than its limit; everything else goes on, and the pages tell it as it is.
#include "plant.hpp"

#include "support/git_servers/hostile_peer.hpp"

#include <signal.h>

namespace plant {
namespace {

using git_servers::Act;
using git_servers::HostileContent;
using git_servers::HostilePeer;
using git_servers::HostileSsh;
using git_servers::Over;

// The limit of a call and its grace end where a bucket of the histograms does.
constexpr const char *limit = "1500ms", *limit_and_grace = "2.5";
constexpr int commits_max = 30;  // about one a second, and by then the call has ended long ago

struct Enemy {
  const char* name;
  Over over;
  Act act;
  const char* stage;  // at which it makes wait
};

class HostileGitTest : public Plant, public testing::WithParamInterface<Enemy> {
 protected:
  HostileGitTest() {
    if (GetParam().over == Over::ssh)
      ssh_.emplace(content_, GetParam().act);
    else
      peer_.emplace(content_, HostilePeer::Wish{GetParam().act, GetParam().over, authority_.sign()});
  }
  std::string url() const { return ssh_ ? ssh_->url() : peer_->url(); }
  void turn(Act act) {
    if (ssh_) ssh_->turn(act);
    if (peer_) peer_->turn(act);
  }
  void configure() {
    json::object entry{{"prefix", url()}};
    if (GetParam().over == Over::https) entry["ca"] = authority_.pem();
    if (ssh_)
      entry["auth"] = {{"sshKey", ssh_->server().user_key_text()}, {"knownHosts", ssh_->server().known_hosts()}};
    const json::object settings{
        {"allowFile", true}, {"resolveTimeout", limit}, {"fetchTimeout", limit}, {"repositories", {entry}}};
    write_config("", "  source-git: {settings: " + json::serialize(settings) +
                         "}\n  trigger-poll: {settings: {interval: 1s}}\n  strategy-merge: {}\n");
    write_sync({});
    bad_data_ = add_target("press-2", "line-b");
    write_text(bad_data_ / "projects/Line/g", "by hand");
    write_text(folder_ / "syncs/line-b.yaml",
               "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-b}\nspec:\n  git: {repo: \"" +
                   url() +
                   "\", ref: main}\n  polling: {interval: 1s}\n  sync: {profiles: {line: {mappings: [{source: line, "
                   "destination: projects/Line}]}}}\n");
  }
  // The calls of this stage, and how many of them ended within the limit and its grace.
  std::pair<std::string, std::string> calls() {
    const bool resolves = std::string(GetParam().stage) == "resolve";
    const std::string name = resolves ? "stoker_ref_resolve_duration_seconds" : "stoker_stage_seconds";
    const std::string labels = resolves ? "" : "stage=\"open\",target=\"press-2\"";
    return {metric(name + "_count" + (resolves ? "" : "{" + labels + "}")),
            metric(name + "_bucket{" + labels + (resolves ? "" : ",") + "le=\"" + limit_and_grace + "\"}")};
  }
  // How the program says that the call has failed.
  bool has_failed() const {
    const bool resolves = std::string(GetParam().stage) == "resolve";
    return log_count(resolves ? "the refs of a repository could not be read" : "target=press-2 outcome=failed") > 0;
  }

  const HostileContent content_ = HostileContent::make(folder_ / "hostile");
  const certificates::Authority authority_;
  std::optional<HostilePeer> peer_;
  std::optional<HostileSsh> ssh_;
  fs::path bad_data_;
};

// pitfalls P35
TEST_P(HostileGitTest, CostsItsOwnTargetTheLimitOfACallAndNobodyElse) {
  configure();
  const std::string untouched = snapshot(bad_data_, ".stoker");
  std::string revision = repository_.commit("first");
  start_stoker();
  std::size_t looked = 0;
  const auto applied = [&] {
    EXPECT_EQ(page("/healthz").status, 200) << page("/healthz").body;
    ++looked;
    return runs_verified(revision);
  };
  ASSERT_TRUE(eventually("the good one", applied));
  for (int more = 0; more < 3 || (!has_failed() && more < commits_max); ++more) {
    write_projects(1, 1, "number " + std::to_string(more));
    revision = repository_.commit("more");
    ASSERT_TRUE(eventually("the good one goes on", applied));
  }
  ASSERT_TRUE(has_failed()) << "the call has no end";
  const auto [all, in_time] = calls();
  EXPECT_EQ(all, in_time) << "a call took longer than its limit and a second";
  EXPECT_NE(all, "none");
  EXPECT_EQ(snapshot(bad_data_, ".stoker"), untouched);
  const std::string targets = page("/").body;
  const std::string bad = targets.substr(std::min(targets.find("press-2"), targets.size()));
  EXPECT_NE(bad.find("127.0.0.1"), std::string::npos) << "the page does not say what is wrong:\n" << targets;
  EXPECT_EQ(bad.find("applied"), std::string::npos) << targets;
  std::printf("%s: %zu looks at /healthz, %s calls, the page says: %s", GetParam().name, looked, all.c_str(),
              bad.c_str());

  turn(Act::none);
  stoker_.send(SIGHUP);
  EXPECT_TRUE(eventually("what the server has when it is honest", [&] {
    return runs_verified(content_.now, bad_data_) && text_of(bad_data_ / "projects/Line/g") == "honest";
  }));
  EXPECT_TRUE(eventually("and the page says so", [&] {
    const std::string now = page("/").body;
    return now.find("press-2  line-b  applied") != std::string::npos && now.find("127.0.0.1") == std::string::npos;
  }));
}

// pitfalls P35
TEST_P(HostileGitTest, FailsItsOwnTargetAloneWhenAllAreSyncedOnce) {
  configure();
  const std::string untouched = snapshot(bad_data_, ".stoker"), revision = repository_.commit("first");
  const auto begun = std::chrono::steady_clock::now();
  const child::Finished ended = stoker({"sync", "-c", (folder_ / "stoker.yaml").string(), "-o", "json"});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10)) << "one call and its start";
  EXPECT_EQ(ended.code, std::string(GetParam().stage) == "resolve" ? 5 : 1) << ended.out << ended.err;
  EXPECT_TRUE(runs_verified(revision)) << ended.out << ended.err;
  EXPECT_EQ(snapshot(bad_data_, ".stoker"), untouched);
  const std::string failed = ended.out.substr(std::min(ended.out.find('\n') + 1, ended.out.size()));
  boost::system::error_code bad;
  const json::value report = json::parse(failed.substr(0, failed.find('\n')), bad);
  EXPECT_EQ(text_at(report, "/target"), "press-2") << ended.out;
  EXPECT_EQ(text_at(report, "/outcome"), "failed") << ended.out;
  EXPECT_EQ(text_at(report, "/stage"), GetParam().stage) << ended.out;
  EXPECT_EQ(text_at(report, "/error/code"), "git.timeout") << ended.out;
}

INSTANTIATE_TEST_SUITE_P(Server, HostileGitTest,
                         testing::Values(Enemy{"SilentOverHttp", Over::http, Act::silence, "resolve"},
                                         Enemy{"SilentOverHttps", Over::https, Act::silence, "resolve"},
                                         Enemy{"SlowPackOverHttps", Over::https, Act::slow_pack, "open"},
                                         Enemy{"SlowPackOverSsh", Over::ssh, Act::slow_pack, "open"},
                                         Enemy{"SilentBehindSsh", Over::ssh, Act::silence, "resolve"}),
                         [](const auto& enemy) { return std::string(enemy.param.name); });

}  // namespace
}  // namespace plant
