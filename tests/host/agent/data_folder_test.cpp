// What is said of a data folder before anything is written there.
#include "host/agent/data_folder.hpp"

#include "host/agent/connects.hpp"
#include "host/run/target_memory.hpp"
#include "support/temp_folder.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <algorithm>

namespace stoker::host {
namespace {

using Status = Check::Status;

Check found(const std::vector<Check>& checks, const std::string& name) {
  const auto at = std::find_if(checks.begin(), checks.end(), [&](const Check& check) { return check.name == name; });
  return at == checks.end() ? Check{name, "there is no such check", {}, Status::fail} : *at;
}

TEST(DataFolderTest, AGoodOneIsOkAndIsLeftAsItWas) {
  const test::TempFolder data;
  const auto checks = check_data_folder(data.path(), {"projects", "config/{{.GatewayName}}/x"});
  for (const char* name : {"data folder", "owner", "rename", "opened by"})
    EXPECT_EQ(found(checks, name).status, Status::ok) << name << ": " << found(checks, name).text;
  EXPECT_TRUE(std::filesystem::is_empty(data.path()));
}

TEST(DataFolderTest, AFolderThatIsNotThereIsOneFailure) {
  const auto checks = check_data_folder("/nonexistent/data", {"projects"});
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].status, Status::fail);
  EXPECT_NE(checks[0].text.find("No such file"), std::string::npos) << checks[0].text;
  EXPECT_FALSE(checks[0].remedy.empty());
}

TEST(DataFolderTest, AFileIsNoFolder) {
  const test::TempFolder folder;
  const auto checks = check_data_folder(folder.write("data", "x"), {});
  ASSERT_EQ(checks.size(), 1u);
  EXPECT_NE(checks[0].text.find("is no folder"), std::string::npos) << checks[0].text;
}

// cases C08
TEST(DataFolderTest, OneThatCannotBeOpenedIsSaidWithItsPlaceAndTheRemedy) {
  const test::TempFolder folder;
  EXPECT_TRUE(check_usable(folder.path()));
  const std::string file = folder.write("file", "x").string();
  const auto missing = check_usable("/nonexistent/data"), is_file = check_usable(file);
  ASSERT_FALSE(missing || is_file);
  EXPECT_EQ(missing.error().message,
            "data folder /nonexistent/data is not there; set data of the target to the data folder of its gateway, and "
            "mount it there");
  EXPECT_EQ(missing.error().code, "target.data-missing");
  EXPECT_EQ(is_file.error().message.find("data folder " + file + " is no folder; set data"), 0u)
      << is_file.error().message;
}

// cases C08
TEST(DataFolderTest, OneThatMayNotBeWrittenToNamesItsOwner) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const test::TempFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto refused = check_usable(folder.path());
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "target.data-read-only");
  EXPECT_NE(refused.error().message.find("may not write to " + folder.path().string()), std::string::npos)
      << refused.error().message;
}

TEST(DataFolderTest, WhoHasItOpenIsNamedAndNotDisturbed) {
  const test::TempFolder data;
  EXPECT_EQ(owner_of(data.path()).value(), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(data.path() / ".stoker"));
  {
    auto opened = TargetMemory::open(data.path());
    ASSERT_TRUE(opened);
    const Check open = found(check_data_folder(data.path(), {}), "opened by");
    EXPECT_NE(open.text.find("pid " + std::to_string(::getpid())), std::string::npos) << open.text;
    EXPECT_FALSE(TargetMemory::open(data.path()));
  }
  EXPECT_EQ(owner_of(data.path()).value(), std::nullopt);
}

TEST(DataFolderTest, MountsBelowAreFoundInWhatTheKernelSays) {
  const auto mounts = mounts_below("/srv/data",
                                   "1 0 8:1 / / rw - ext4 /dev/a rw\n"
                                   "2 1 8:2 / /srv/data rw - ext4 /dev/b rw\n"
                                   "3 2 8:3 / /srv/data/projects rw - ext4 /dev/c rw\n"
                                   "4 2 8:3 / /srv/data/my\\040folder rw - ext4 /dev/c rw\n"
                                   "5 1 8:4 / /srv/data2 rw - ext4 /dev/d rw\n");
  EXPECT_EQ(mounts, (std::vector<std::filesystem::path>{"/srv/data/projects", "/srv/data/my folder"}));
}

TEST(DataFolderTest, ADestinationCountsAsFarAsItHasNoPlaceholder) {
  EXPECT_EQ(fixed_part("projects"), "projects");
  EXPECT_EQ(fixed_part("config/resources/{{.Vars.mode}}/x"), "config/resources");
  EXPECT_EQ(fixed_part("config/line-{{.Vars.line}}"), "config");
}

TEST(ConnectsTest, SaysOnlyWhetherSomebodyListens) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://user:word@127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook/secret?a=b";
  const auto refused = connects(url, std::chrono::seconds(5));
  ASSERT_FALSE(refused);
  for (const char* hidden : {"secret", "word", "127.0.0.1"})
    EXPECT_EQ(refused.error().message.find(hidden), std::string::npos) << refused.error().message;
  ASSERT_EQ(::listen(listener, 1), 0);
  EXPECT_TRUE(connects(url, std::chrono::seconds(5)));
  ::close(listener);
}

TEST(ConnectsTest, AnAddressThatIsNoneIsRefused) {
  for (const char* url : {"", "ftp://x", "http://", "https://:1"})
    EXPECT_EQ(connects(url, std::chrono::seconds(1)).error(), errc::invalid) << url;
}

}  // namespace
}  // namespace stoker::host
