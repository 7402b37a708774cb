// Credentials that a repository's URL has no use for are said when its source is made, without a byte to any server.
#include "remote_fixture.hpp"

#include "support/git_servers/ssh_git_server.hpp"

namespace stoker::git_test {
namespace {

class UnusedCredentialsTest : public RemoteFixture {
 protected:
  // The warnings that making a source with these credentials leaves in the log.
  std::string warned(const std::string& url, const std::string& auth) {
    const std::size_t before = host.log.lines().size();
    EXPECT_EQ(create(url, "{}", auth), STOKER_OK);
    std::string all;
    const auto lines = host.log.lines();
    for (std::size_t i = before; i < lines.size(); ++i)
      if (lines[i].severity == STOKER_LOG_WARNING) all += lines[i].message + "\n";
    return all;
  }
};

TEST_P(UnusedCredentialsTest, AreSaidWhicheverTheUrlHasNoUseFor) {
  const PrivateFolder folder("key");
  git_servers::make_key(folder / "key", git_servers::KeyType::ed25519);
  const std::string key = git_servers::text_of(folder / "key");
  const std::string both = object({{"token", "t0ken"}, {"sshKey", key}});
  const std::string ssh = "ssh://git@127.0.0.1/repo", https = "https://127.0.0.1/repo";
  EXPECT_NE(warned(ssh, both).find("configured but not used, because the repository has an ssh URL"),
            std::string::npos);
  EXPECT_NE(warned(https, both).find("configured but not used, because the repository has an https URL"),
            std::string::npos);
  EXPECT_EQ(warned(ssh, object({{"sshKey", key}})), "");
  EXPECT_EQ(warned(https, object({{"token", "t0ken"}})), "");
  EXPECT_FALSE(host.log.says("t0ken"));
}

INSTANTIATE_TEST_SUITE_P(Backend, UnusedCredentialsTest, backends, backend_name);

}  // namespace
}  // namespace stoker::git_test
