// What a host does when its objects cannot be used, are lost, or are those of yesterday: targets go on with what lies
// on their own volume, people are told, and everything goes on by itself when the objects are back.
#include "end_to_end/machine.hpp"
#include "support/http.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <csignal>

namespace {

using namespace machine;

// Another process's hold on the database, as long as it lives. It has to be let go in the thread of the test.
class HeldDatabase {
 public:
  explicit HeldDatabase(const fs::path& file) {
    sqlite3_open(file.c_str(), &db_);
    run("PRAGMA locking_mode=EXCLUSIVE");
    run("BEGIN EXCLUSIVE");
  }
  ~HeldDatabase() {
    run("ROLLBACK");
    sqlite3_close(db_);
  }

 private:
  void run(const char* sql) { EXPECT_EQ(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql; }
  sqlite3* db_ = nullptr;
};

class AwayObjectsTest : public ::testing::Test {
 protected:
  AwayObjectsTest() { machine_.configure("http: {listen: '127.0.0.1:0'}\n"); }

  void begin() {
    machine_.start();
    ASSERT_TRUE(until([&] { return !port().empty() && has(machine_.log(), " running "); })) << machine_.log();
  }
  void end() {
    machine_.host.send(SIGTERM);
    ASSERT_EQ(machine_.host.ended(std::chrono::seconds(30)), 0) << machine_.log();
    fs::rename(machine_.folder.path() / "log", machine_.folder.path() / "log.before");
  }
  // The first revision is there, and the target has had some tokens.
  void bring_first_revision() {
    begin();
    ASSERT_TRUE(until([&] { return bool(machine_.client().list(syncs(), {})); }));
    create_sync();
    ASSERT_TRUE(until([&] { return machine_.is_ready(); })) << machine_.log();
    for (int i = 0; i < 3; ++i) ASSERT_EQ(machine_.stoker({"sync"}).code, 0);
    token_ = machine_.token();
    ASSERT_GE(token_, 3u);
  }
  void create_sync() {
    auto made = machine_.client().create(syncs(), "default", machine_.sync_document("line"));
    ASSERT_TRUE(made) << made.error().message;
  }
  void commit(const std::string& text) {
    machine_.repository.write("projects/P/a.txt", text);
    revision_ = machine_.repository.commit(text);
  }
  std::string port() const {
    static const std::string before = "listening address=127.0.0.1 port=";
    const std::string log = machine_.log();
    const std::size_t found = log.find(before);
    const std::size_t end = found == std::string::npos ? found : log.find('\n', found);
    return end == std::string::npos ? "" : log.substr(found + before.size(), end - found - before.size());
  }
  http_client::Response page(const std::string& path) const {
    return http_client::get("http://127.0.0.1:" + port() + path);
  }
  static bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
  std::size_t logged(std::string_view line) const {
    const std::string log = machine_.log();
    std::size_t count = 0;
    for (std::size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++count;
    return count;
  }
  void expect_away(const std::string& code) {
    EXPECT_TRUE(until([&] { return page("/readyz/targets").status == 200; })) << machine_.log();
    const auto readiness = page("/readyz");
    EXPECT_EQ(readiness.status, 503);
    EXPECT_TRUE(has(readiness.body, "the objects cannot be used: ")) << readiness.body;
    EXPECT_EQ(page("/healthz").status, 200);
    EXPECT_TRUE(until([&] { return has(page("/").body, "gw  line  unchanged at "); })) << page("/").body;
    const auto asked = machine_.stoker({"get", "gs"});
    EXPECT_EQ(asked.code, 5);
    EXPECT_TRUE(has(asked.err, "the objects cannot be used now; this is tried again: ")) << asked.err;
    EXPECT_EQ(logged("the objects cannot be used; "), 1u) << machine_.log();
    EXPECT_EQ(logged("code=" + code), 1u) << machine_.log();
  }
  void expect_back() {
    EXPECT_TRUE(until([&] { return page("/readyz").status == 200; })) << machine_.log();
    EXPECT_EQ(logged("the objects can be used now"), 1u) << machine_.log();
  }
  // The target gets the newest revision, and the Sync is Ready only when it has.
  void expect_newest_revision(const std::string& text) {
    EXPECT_TRUE(until([&] {
      const bool ready = machine_.is_ready();
      if (ready) {
        EXPECT_EQ(machine_.file("projects/P/a.txt"), text) << "Ready was too early";
      }
      return ready;
    })) << machine_.log();
    EXPECT_EQ(at(machine_.target(), "/status/running/revision"), revision_);
    EXPECT_GT(machine_.token(), token_);
  }

  Machine machine_{STOKER_PROGRAM};
  std::uint64_t token_ = 0;
  std::string revision_;
};

TEST_F(AwayObjectsTest, WhileAnotherProcessHasTheDatabaseTargetsGoOnAndPeopleAreTold) {
  bring_first_revision();
  end();
  {
    const HeldDatabase held(machine_.database());
    begin();
    expect_away("platform-local.in-use");
  }
  expect_back();
  commit("two");
  EXPECT_EQ(machine_.stoker({"sync"}).code, 0);
  expect_newest_revision("two");
}

TEST_F(AwayObjectsTest, ABrokenDatabaseIsSaidAndItsLossStepsNoTokenBack) {
  bring_first_revision();
  end();
  fs::remove(machine_.database().string() + "-wal");
  std::ofstream(machine_.database()) << std::string(8192, 'x');
  begin();
  expect_away("platform-local.broken");
  commit("two");
  fs::remove(machine_.database());
  expect_back();
  create_sync();
  expect_newest_revision("two");
}

TEST_F(AwayObjectsTest, ADatabaseThatCannotBeOpenedIsSaidAndTriedAgain) {
  bring_first_revision();
  end();
  fs::rename(machine_.database(), machine_.database().string() + ".away");
  fs::create_directories(machine_.database());
  begin();
  expect_away("platform-local.denied");
  fs::remove(machine_.database());
  fs::rename(machine_.database().string() + ".away", machine_.database());
  expect_back();
  commit("two");
  EXPECT_EQ(machine_.stoker({"sync"}).code, 0);
  expect_newest_revision("two");
}

TEST_F(AwayObjectsTest, AfterALostDatabaseTokensGoOnAndReadyMeansThatItRan) {
  bring_first_revision();
  end();
  for (const char* end : {"", "-wal"}) fs::remove(machine_.database().string() + end);
  commit("two");
  begin();
  ASSERT_TRUE(until([&] { return bool(machine_.client().list(syncs(), {})); }));
  create_sync();
  expect_newest_revision("two");
}

TEST_F(AwayObjectsTest, AnOlderCopyOfTheDatabaseStepsNoTargetBack) {
  bring_first_revision();
  end();
  const fs::path copy = machine_.folder.path() / "copy";
  fs::copy(machine_.database().parent_path(), copy);
  begin();
  ASSERT_TRUE(until([&] { return machine_.is_ready(); }));
  commit("two");
  EXPECT_EQ(machine_.stoker({"sync"}).code, 0);
  ASSERT_EQ(machine_.file("projects/P/a.txt"), "two");
  token_ = machine_.token();
  end();
  fs::remove_all(machine_.database().parent_path());
  fs::copy(copy, machine_.database().parent_path());
  fs::rename(machine_.repository.folder(), machine_.folder.path() / "repo.away");
  begin();
  ASSERT_TRUE(until([&] { return has(page("/").body, "gw  line  unchanged at " + revision_.substr(0, 12)); }))
      << page("/").body << machine_.log();
  EXPECT_EQ(machine_.file("projects/P/a.txt"), "two");
  fs::rename(machine_.folder.path() / "repo.away", machine_.repository.folder());
  EXPECT_EQ(machine_.stoker({"sync"}).code, 0);
  expect_newest_revision("two");
}

TEST_F(AwayObjectsTest, ATargetWhoseObjectIsRemovedKeepsWhatPeopleAskedOfItAndSaysAgainHowItStands) {
  bring_first_revision();
  const std::string asked = R"({"metadata":{"annotations":{"stoker.io/retry":"monday"}}})";
  ASSERT_TRUE(machine_.client().patch(targets(), "default", "gw", asked));
  ASSERT_TRUE(until([&] { return at(machine_.target(), "/spec/retry") == "/monday" && machine_.is_ready(); }));
  token_ = machine_.token();
  const std::string uid = at(machine_.target(), "/metadata/uid");
  auto removed = machine_.client().remove(targets(), "default", "gw");
  ASSERT_TRUE(removed) << removed.error().message;
  ASSERT_TRUE(until([&] { return !at(machine_.target(), "/metadata/uid").empty(); })) << machine_.log();
  EXPECT_NE(at(machine_.target(), "/metadata/uid"), uid);
  EXPECT_EQ(at(machine_.target(), "/spec/retry"), "/monday") << "another text would free what is held";
  EXPECT_TRUE(until([&] { return machine_.is_ready(); })) << machine_.log();
  EXPECT_GT(machine_.token(), token_);
}

TEST_F(AwayObjectsTest, ASecondHostOnTheSameStateFolderEndsAndSaysWho) {
  bring_first_revision();
  const auto second = machine_.stoker({"run"});
  EXPECT_EQ(second.code, 1);
  EXPECT_TRUE(has(second.err, "process " + std::to_string(machine_.host.pid()) + " serves this socket already"))
      << second.err;
  EXPECT_TRUE(machine_.is_ready());
}

TEST_F(AwayObjectsTest, WithoutAModuleThatKeepsObjectsTheHostEndsAtOnce) {
  machine_.configure("http: {listen: '127.0.0.1:0'}\n", "platform-local: {enabled: false}");
  const auto ended = machine_.stoker({"run"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(has(ended.err, "no module keeps the objects")) << ended.err;
}

}  // namespace
