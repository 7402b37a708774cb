// The built plugin against servers that are silent, slow, endless, cut, lying or huge, over each transport.
// Each call ends at its limit, others are served meanwhile, nothing is delivered, memory stays, and the same server
// turned honest is served from as if nothing had been.
#include "../git_fixture.hpp"
#include "peak_memory.hpp"

#include "support/git_servers/git_daemon.hpp"
#include "support/git_servers/hostile_peer.hpp"

#include <future>
#include <thread>

namespace stoker::git_test {
namespace {

using git_servers::Act;
using git_servers::HostileContent;
using git_servers::HostilePeer;
using git_servers::HostileSsh;
using git_servers::Over;
using git_servers::Version;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

#ifdef __SANITIZE_THREAD__
constexpr auto grace = 5s;  // one piece of a pack is looked at for ten times as long
#else
constexpr auto grace = 1s;
#endif
constexpr long growth_mib_max = 192;

std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) json += c == '\n' ? std::string("\\n") : std::string(1, c);
  return json + "\"";
}

// How the server is reached and what fetches from it: libgit2 by the first version of the protocol, git by the second.
struct Way {
  Over over;
  Version version;
};

// One hostile server, whichever way it is reached, and what the plugin's settings have to say about it.
class Enemy {
 public:
  Enemy(const HostileContent& content, Way way, Act act)
      : version_(way.version), below_ssh_(way.over == Over::ssh && act == Act::silence) {
    const certificates::Authority authority;
    const Over over = way.over;
    if (over == Over::ssh && !below_ssh_)
      ssh_ = std::make_unique<HostileSsh>(content, act, version_);
    else
      peer_ = std::make_unique<HostilePeer>(
          content,
          HostilePeer::Wish{act, below_ssh_ ? Over::git : over, authority.sign(), version_, "http://127.0.0.1:1"});
    if (over == Over::https) fields_ = R"("ca": )" + quoted(authority.pem());
    if (ssh_)
      fields_ = R"("auth": {"sshKey": )" + quoted(ssh_->server().user_key_text()) + R"(, "knownHosts": )" +
                quoted(ssh_->server().known_hosts()) + "}";
  }
  std::string url() const {
    if (ssh_) return ssh_->url();
    return below_ssh_ ? "ssh://git@127.0.0.1:" + std::to_string(peer_->port()) + "/honest" : peer_->url();
  }
  std::string settings(const std::string& limit) const {
    const std::string limits = R"({"backend": ")" + std::string(version_ == Version::second ? "git" : "libgit2") +
                               R"(", "resolveTimeout": ")" + limit + R"(", "fetchTimeout": ")" + limit +
                               R"(", "cacheBytesMax": 8388608)";
    if (fields_.empty()) return limits + "}";
    return limits + R"(, "repositories": [{"prefix": )" + quoted(url()) + ", " + fields_ + "}]}";
  }
  bool can_turn() const { return !below_ssh_; }
  void turn(Act act) {
    if (ssh_) ssh_->turn(act);
    if (peer_) peer_->turn(act);
  }

 private:
  const Version version_;
  const bool below_ssh_;  // the port that should be an sshd's says nothing
  std::string fields_;
  std::unique_ptr<HostilePeer> peer_;
  std::unique_ptr<HostileSsh> ssh_;
};

// The plugin as one user of it has it: an instance, its state, its calls.
class Client : public GitFixture {
 public:
  using GitFixture::call, GitFixture::create, GitFixture::open, GitFixture::resolve, GitFixture::resolved,
      GitFixture::why;
  std::string main() { return one("main").revision; }
  Resolved answer_for(const std::string& ref) { return one(ref); }
  std::string content(const std::string& revision) { return GitFixture::content(revision, "line/g"); }
  // What was delivered: the first path, or why there is none.
  std::string delivered(const std::string& revision) {
    if (open(revision) != STOKER_OK) return "failed: " + why();
    return paths().at(0);
  }
  stoker_status resolve_in(FakeCall& other) {
    const stoker_str ref = str("main");
    return table->resolve(source, other.raw(), &ref, 1, resolved.sink(), notes.sink());
  }
  int files_named(std::string_view part) const {
    int found = 0;
    for (const auto& at : fs::recursive_directory_iterator(root))
      found += at.path().filename().string().find(part) != std::string::npos;
    return found;
  }

 private:
  void TestBody() override {}
};

template <class Function>
std::chrono::milliseconds time_of(Function function) {
  const auto begun = steady_clock::now();
  function();
  return std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begun);
}

class HostileServer : public ::testing::TestWithParam<Way> {
 protected:
  struct Outcome {
    std::string resolving, delivered;
    std::chrono::milliseconds longest{0};
  };
  // A listing and a fetch, each within its limit; neither brings anything.
  Outcome meet(Client& client, const Enemy& enemy, Act act, std::chrono::milliseconds limit) {
    Outcome outcome;
    EXPECT_EQ(client.create(enemy.url(), enemy.settings(std::to_string(limit.count()) + "ms")), STOKER_OK);
    const auto first = time_of([&] { outcome.resolving = client.main(); });
    const auto second = time_of([&] { outcome.delivered = client.delivered(content.now); });
    outcome.longest = std::max(first, second);
    EXPECT_LT(outcome.longest, limit + grace) << git_servers::name_of(act);
    // By the second version a commit is fetched without a list, if there is time for that.
    const bool honest = GetParam().version == Version::second && act >= Act::slow_listing && act <= Act::error_line;
    EXPECT_TRUE(outcome.delivered.starts_with("failed: ") || (honest && outcome.delivered == "line/f"))
        << git_servers::name_of(act) << ": " << outcome.delivered;
    EXPECT_TRUE(!honest || outcome.resolving.starts_with("failed: ")) << outcome.resolving;
    return outcome;
  }
  void expect_honest(Client& client, Enemy& enemy, Act act) {
    if (!enemy.can_turn()) return;
    enemy.turn(Act::none);
    ASSERT_EQ(client.create(enemy.url(), enemy.settings("20s")), STOKER_OK);
    EXPECT_EQ(client.main(), content.now) << git_servers::name_of(act);
    EXPECT_EQ(client.content(content.now), "honest") << git_servers::name_of(act) << ": " << client.why();
  }
  static void say(Act act, const Outcome& outcome) {
    std::printf("%s: resolve %s; open %s; %ld ms\n", git_servers::name_of(act).c_str(), outcome.resolving.c_str(),
                outcome.delivered.c_str(), static_cast<long>(outcome.longest.count()));
  }
  static std::vector<Act> known_to(Over over, std::vector<Act> acts) {
    std::erase_if(acts,
                  [&](Act act) { return git_servers::is_http_only(act) && (over == Over::git || over == Over::ssh); });
    return acts;
  }

  const git_servers::PrivateFolder room{"hostile"};
  const HostileContent content = HostileContent::make(room.path());
};

// A limit that leaves ssh the time to get as far as the act.
std::chrono::milliseconds limit_over(Over over) { return over == Over::ssh ? 3s : 800ms; }

// All at once; whoever is honest is served meanwhile. pitfalls P35
TEST_P(HostileServer, ThatMakesWaitCostsTheLimitAndNobodyElse) {
  const std::vector<Act> acts =
      known_to(GetParam().over, {Act::silence, Act::silence_after_request, Act::slow_listing, Act::silence_in_listing,
                                 Act::silence_before_pack, Act::slow_pack, Act::silence_in_pack});
  std::vector<std::unique_ptr<Enemy>> enemies;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<std::future<Outcome>> outcomes;
  for (const Act act : acts) {
    enemies.push_back(std::make_unique<Enemy>(content, GetParam(), act));
    clients.push_back(std::make_unique<Client>());
  }
  for (std::size_t i = 0; i < acts.size(); ++i)
    outcomes.push_back(std::async(
        std::launch::async, [&, i] { return meet(*clients[i], *enemies[i], acts[i], limit_over(GetParam().over)); }));
  for (std::size_t i = 0; i < acts.size(); ++i) {
    say(acts[i], outcomes[i].get());
    expect_honest(*clients[i], *enemies[i], acts[i]);
  }
}

// Without a limit that it could reach: what ends it is the call's own deadline, or a cancel. pitfalls P35
TEST_P(HostileServer, IsLeftAtTheCallsDeadlineAndAtACancelAndHoldsUpNobody) {
  const Enemy enemy(content, GetParam(), Act::silence_in_listing);
  const git_servers::GitDaemon daemon(content.folder);
  Client waiting, other;
  ASSERT_EQ(waiting.create(enemy.url(), enemy.settings("60s")), STOKER_OK);
  stoker_status status = STOKER_OK;
  std::jthread waits([&] { status = waiting.resolve({"main"}); });
  ASSERT_EQ(other.create(daemon.url("honest"), R"({"resolveTimeout": "20s", "fetchTimeout": "20s"})"), STOKER_OK);
  EXPECT_EQ(other.main(), content.now);
  EXPECT_EQ(other.content(content.now), "honest") << other.why();
  const auto took = time_of([&] {
    waiting.call.cancel();
    waits.join();
  });
  EXPECT_EQ(status, STOKER_E_CANCELLED) << waiting.why();
  EXPECT_LT(took, grace);

  const auto deadline = steady_clock::now() + 700ms;
  FakeCall bounded(
      [&] { return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()).count(); });
  const auto until = time_of([&] { status = waiting.resolve_in(bounded); });
  EXPECT_EQ(status, STOKER_E_TIMEOUT) << bounded.error()->message;
  EXPECT_LT(until, 700ms + grace);
}

// pitfalls P43
TEST_P(HostileServer, ThatLiesDeliversNothing) {
  std::vector<Act> acts = known_to(
      GetParam().over, {Act::redirect_round, Act::redirect_away, Act::web_page, Act::cut_listing, Act::bad_length,
                        Act::error_line, Act::cut_pack, Act::many_objects, Act::damaged_pack, Act::empty_pack,
                        Act::another_commit, Act::commit_without_tree, Act::tree_without_files});
  if (GetParam().over == Over::ssh)  // each connection is dear
    acts = {Act::error_line, Act::cut_pack, Act::many_objects, Act::another_commit, Act::tree_without_files};
  Enemy enemy(content, GetParam(), Act::none);
  for (const Act act : acts) {
    Client client;
    enemy.turn(act);
    const Outcome outcome = meet(client, enemy, act, 5s);
    say(act, outcome);
    const bool all_was_said = act >= Act::damaged_pack;
    EXPECT_TRUE(!all_was_said || outcome.delivered.find("connection") == std::string::npos) << outcome.delivered;
    const bool counted = act == Act::many_objects && GetParam().version == Version::first;
    EXPECT_TRUE(!counted || outcome.delivered.find("too many objects") != std::string::npos) << outcome.delivered;
    expect_honest(client, enemy, act);
  }
  std::printf("lies: %zu\n", acts.size());
}

TEST_P(HostileServer, CannotNameFilesOfThisMachine) {
  Enemy enemy(content, GetParam(), Act::bad_names);
  Client client;
  ASSERT_EQ(client.create(enemy.url(), enemy.settings("5s")), STOKER_OK);
  EXPECT_EQ(client.main(), content.now) << client.why();
  for (const char* name : {"refs/heads/../../../harm", "/etc/harm", "refs/heads/a b"}) {
    const Resolved answer = client.answer_for(name);
    EXPECT_EQ(answer.revision, "") << name;
    EXPECT_EQ(answer.why.code, "git.ref-invalid") << name;
  }
  EXPECT_EQ(client.delivered(content.now), "line/f") << "by the names that are good";
  EXPECT_EQ(client.files_named("harm"), 0) << "a ref became a file";
  expect_honest(client, enemy, Act::bad_names);
}

TEST_P(HostileServer, ThatNeverEndsCostsTheLimit) {
  const std::vector<Act> acts = known_to(
      GetParam().over,
      {Act::endless_headers, Act::endless_header, Act::endless_listing, Act::endless_progress, Act::huge_object});
  Enemy enemy(content, GetParam(), Act::none);
  for (const Act act : acts) {
    Client client;
    enemy.turn(act);
    say(act, meet(client, enemy, act, limit_over(GetParam().over) / 2));
    expect_honest(client, enemy, act);
  }
}

// pitfalls P59, P60
TEST_P(HostileServer, CannotFillTheMemoryWithAListing) {
  Enemy enemy(content, GetParam(), Act::endless_line);
  Client client;
  const PeakMemory memory;
  ASSERT_EQ(client.create(enemy.url(), enemy.settings("10s")), STOKER_OK);
  EXPECT_EQ(client.resolve({"main"}), STOKER_E_EXHAUSTED) << client.why();
  memory.expect_below(growth_mib_max, client.why().c_str());
}

std::vector<Way> all_ways() {
  std::vector<Way> ways;
  for (const Version version : {Version::first, Version::second})
    for (const Over over : {Over::git, Over::http, Over::https, Over::ssh}) ways.push_back({over, version});
  return ways;
}

INSTANTIATE_TEST_SUITE_P(Over, HostileServer, ::testing::ValuesIn(all_ways()), [](const auto& way) {
  return std::string(git_servers::name_of(way.param.over)) + (way.param.version == Version::second ? "ByProgram" : "");
});

}  // namespace
}  // namespace stoker::git_test
