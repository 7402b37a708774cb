#include "host/api/own_socket.hpp"

#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace stoker::host {
namespace {

struct OwnSocketTest : ::testing::Test {
  test::TempFolder folder;
  const std::filesystem::path path = folder.path() / "stoker.sock";
};

TEST_F(OwnSocketTest, BelongsToUserAndGroupAndGoesWithItsOwner) {
  {
    const auto socket = OwnSocket::listen(path);
    ASSERT_TRUE(socket) << socket.error().message;
    struct stat about {};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0660u);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(OwnSocketTest, ThatOfADeadProcessIsReplaced) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto socket = OwnSocket::listen(path);
    ::_exit(socket ? 0 : 1);  // without its destructor
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(OwnSocket::listen(path));
}

TEST_F(OwnSocketTest, ThatOfALivingProcessIsLeftAndNamed) {
  const auto first = OwnSocket::listen(path);
  ASSERT_TRUE(first);
  const auto second = OwnSocket::listen(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "socket.taken");
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(OwnSocketTest, ThatOfALivingProcessIsLeftAlsoWithoutItsLock) {
  const auto first = OwnSocket::listen(path);
  ASSERT_TRUE(first);
  std::filesystem::remove(path.string() + ".lock");
  EXPECT_EQ(OwnSocket::listen(path).error().code, "socket.taken");
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(OwnSocketTest, SomethingElseIsNeverRemoved) {
  std::ofstream(path) << "mine";
  const auto refused = OwnSocket::listen(path);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no socket"), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(OwnSocketTest, APathThatIsTooLongIsSaid) {
  const auto refused = OwnSocket::listen(folder.path() / std::string(108, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "socket.path");
  EXPECT_NE(refused.error().message.find("at most 107 bytes"), std::string::npos);
}

}  // namespace
}  // namespace stoker::host
