// The file: its lock, its format, and what is said when it is broken.
#include "database.hpp"

#include "fixture.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

namespace {

using namespace stoker;
using namespace stoker::local;
using stoker::local::test::LocalFixture;

class DatabaseTest : public LocalFixture {
 protected:
  void change(const char* sql) {
    platform.reset();
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  Error why() {
    const auto answer = get("a");
    return answer ? Error() : answer.error();
  }
};

TEST_F(DatabaseTest, KeepsObjectsAndVersions) {
  const Object made = insert(thing("a"));
  open();
  EXPECT_EQ(get("a").value_or({}), made);
  EXPECT_GT(insert(thing("b")).version, made.version);
}

TEST_F(DatabaseTest, ASecondOneIsToldWhoHasTheFileUntilItIsFree) {
  insert(thing("a"));
  LocalPlatform second(file(), host.host(), {});
  const auto refused = second.get(call.call(), key("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, errc::denied);
  EXPECT_EQ(refused.error().code, "platform-local.in-use");
  EXPECT_NE(refused.error().message.find(file()), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find("another process has the file"), std::string::npos);
  platform.reset();
  EXPECT_TRUE(second.get(call.call(), key("a")));
}

TEST_F(DatabaseTest, ANewerFormatIsRefused) {
  change("PRAGMA user_version = 2");
  open();
  EXPECT_EQ(why().kind, errc::incompatible);
  EXPECT_EQ(why().code, "platform-local.newer-format");
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsNamedWithTheRemedy) {
  platform.reset();
  folder.write("objects.db", std::string(5'000, 'x'));
  open();
  EXPECT_EQ(why().code, "platform-local.broken");
  EXPECT_NE(why().message.find("put the last copy there"), std::string::npos) << why().message;
}

TEST_F(DatabaseTest, AMissingTableIsNamedAsBroken) {
  change("DROP TABLE changes");
  open();
  EXPECT_EQ(why().code, "platform-local.broken");
}

TEST_F(DatabaseTest, AFolderInItsPlaceIsDenied) {
  platform = std::make_unique<LocalPlatform>(folder.path().string(), host.host(), ChangeLog::Bounds{});
  EXPECT_EQ(why().kind, errc::denied);
}

TEST_F(DatabaseTest, NobodyElseMayReadTheFile) {
  struct ::stat facts {};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(DatabaseTest, AWriteThatTheDiskRefusesChangesNothingAndLaterOnesHold) {
  const Object made = insert(thing("a"));
  const auto refused =
      without_room([&] { return platform->insert(call.call(), test::things, large_thing("b"), "test"); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "platform-local.io") << refused.error().message;
  EXPECT_EQ(get("a").value_or({}), made);
  EXPECT_FALSE(get("b"));
  EXPECT_GT(insert(thing("b")).version, made.version);
}

TEST(DatabaseErrorTest, EachSaysWhatToDo) {
  const auto of = [](int code) { return error_of("/x/objects.db", Failure(code, "text of SQLite")); };
  EXPECT_EQ(of(SQLITE_FULL).kind, errc::exhausted);
  EXPECT_EQ(of(SQLITE_FULL).code, "platform-local.no-space");
  EXPECT_EQ(of(SQLITE_BUSY).code, "platform-local.in-use");
  EXPECT_EQ(of(SQLITE_CORRUPT).code, "platform-local.broken");
  EXPECT_EQ(of(SQLITE_READONLY).code, "platform-local.denied");
  EXPECT_EQ(of(SQLITE_IOERR).kind, errc::unreachable);
  EXPECT_NE(of(SQLITE_FULL).message.find("/x/objects.db"), std::string::npos);
}

}  // namespace
