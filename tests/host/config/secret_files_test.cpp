// Secret files: who may read them, what is refused.
#include "host/config/secret_files.hpp"
#include <gtest/gtest.h>
#include "support/temp_folder.hpp"

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

class SecretFilesTest : public testing::Test {
 protected:
  fs::path put(std::string_view text, fs::perms perms = fs::perms::owner_read | fs::perms::owner_write) {
    const fs::path file = state_.write("secrets/slack/url", text);
    fs::permissions(file, perms);
    return file;
  }
  Result<Secret> read() { return read_secret(state_.path(), {"slack", "url"}); }
  test::TempFolder state_;
};

TEST_F(SecretFilesTest, LineEndsAtTheEndAreNotPartOfIt) {
  put("hunter2\r\n");
  EXPECT_EQ(read()->reveal(), "hunter2");
}

TEST_F(SecretFilesTest, AFileThatOthersMayReadIsRefusedWithTheRemedy) {
  put("hunter2", fs::perms::owner_read | fs::perms::group_read);
  const auto refused = read();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, errc::denied);
  EXPECT_EQ(refused.error().code, "secret.exposed");
  EXPECT_NE(refused.error().message.find("chmod 600"), std::string::npos);
  EXPECT_EQ(refused.error().message.find("hunter2"), std::string::npos);
}

TEST_F(SecretFilesTest, ALinkIsRefused) {
  const fs::path file = put("hunter2");
  fs::rename(file, file.parent_path() / "other");
  fs::create_symlink("other", file);
  EXPECT_EQ(read().error().code, "secret.link");
}

TEST_F(SecretFilesTest, AMissingFileIsNotFound) { EXPECT_EQ(read().error().kind, errc::not_found); }

TEST_F(SecretFilesTest, ALargeFileIsRefused) {
  put(std::string(secret_bytes_max + 1, 'x'));
  EXPECT_EQ(read().error().code, "secret.too-large");
}

TEST_F(SecretFilesTest, ANameCannotLeaveTheFolder) {
  EXPECT_EQ(read_secret(state_.path(), {"..", "x"}).error().kind, errc::invalid);
}

TEST_F(SecretFilesTest, ReferencesInSettingsBecomeText) {
  put("https://hooks.example.com/x\n");
  const auto settings = resolve_secrets(
      R"({"type":"object","properties":{"list":{"type":"array","items":{"type":"object","properties":{"url":{"x-stoker-secret":true}}}}}})",
      R"({"list":[{"url":{"secretRef":{"name":"slack","key":"url"}}},{"url":"plain"}],"other":{"secretRef":{"name":"slack","key":"url"}}})",
      state_.path());
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(
      *settings,
      R"({"list":[{"url":"https://hooks.example.com/x"},{"url":"plain"}],"other":{"secretRef":{"name":"slack","key":"url"}}})");
}

TEST_F(SecretFilesTest, AReferenceToNothingIsSaid) {
  const auto settings = resolve_secrets(R"({"properties":{"url":{"x-stoker-secret":true}}})",
                                        R"({"url":{"secretRef":{"name":"slack","key":"url"}}})", state_.path());
  EXPECT_EQ(settings.error().kind, errc::not_found);
}

}  // namespace
}  // namespace stoker::host
