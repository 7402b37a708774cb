// Secret files: who may read them, what is refused.
#include "host/config/secret_files.hpp"
#include <gtest/gtest.h>
#include "support/temp_folder.hpp"

#include <sys/mount.h>

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

// cases T11
TEST_F(SecretFilesTest, WhatEditorsAddIsNotPartOfIt) {
  for (const char* text : {"\xef\xbb\xbfhunter2\n", "hunter2 \n", "hunter2\t\r\n\n", "hunter2"}) {
    put(text);
    EXPECT_EQ(read()->reveal(), "hunter2");
  }
  put(" a b@:/%#?&\u00e4 \n");
  EXPECT_EQ(read()->reveal(), " a b@:/%#?&\u00e4");
}

// cases T11
TEST_F(SecretFilesTest, WhatIsNoTextIsNamedAsWhatItIs) {
  const auto refused = [&](std::string_view text) {
    put(text);
    const auto secret = read();
    if (secret) return std::string("taken");
    EXPECT_EQ(secret.error().kind, errc::invalid);
    EXPECT_EQ(secret.error().message.find("hunter"), std::string::npos);
    return secret.error().code + " " + secret.error().message.substr(secret.error().message.find("): ") + 3);
  };
  EXPECT_EQ(
      refused("hunter\xf6\n"),
      "secret.not-utf8 it has bytes that are not UTF-8, as an umlaut in Latin-1 (ISO 8859-1, Windows-1252) is; save "
      "it as UTF-8");
  EXPECT_EQ(refused(std::string_view("\xff\xfeh\0u\0", 6)), "secret.not-utf8 it is UTF-16; save it as UTF-8");
  EXPECT_EQ(refused(std::string_view("hunter\0x", 8)),
            "secret.not-utf8 it has a NUL byte in it; a secret is a text in UTF-8");
  for (std::string_view nothing : {"", "\n", " \r\n", "\xef\xbb\xbf\n"})
    EXPECT_EQ(refused(nothing), "secret.empty it is empty");
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

// cases C10
TEST_F(SecretFilesTest, AFileThatOthersMayReplaceIsRefusedWithTheRemedy) {
  const fs::path file = put("hunter2");
  for (const fs::path& folder : {file.parent_path(), file.parent_path().parent_path()}) {
    const auto before = fs::status(folder).permissions();
    fs::permissions(folder, fs::perms::all);
    const auto refused = read();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, "secret.exposed");
    EXPECT_NE(refused.error().message.find("chmod o-w " + folder.string()), std::string::npos)
        << refused.error().message;
    fs::permissions(folder, before);
  }
  EXPECT_TRUE(read());
}

// cases C10
TEST_F(SecretFilesTest, AReadOnlyMountMayHoldASecretThatAllMayRead) {
  const fs::path file = put("hunter2", fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  ASSERT_EQ(read().error().code, "secret.exposed");
  if (::mount(file.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) != 0) GTEST_SKIP() << "only root may mount";
  const bool read_only = ::mount(nullptr, file.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  const auto secret = read();
  ::umount(file.c_str());
  if (!read_only) GTEST_SKIP() << "only root may mount";
  ASSERT_TRUE(secret) << secret.error().message;
  EXPECT_EQ(secret->reveal(), "hunter2");
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
