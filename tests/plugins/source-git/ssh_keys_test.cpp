// What is known without a network: the built-in keys, broken trust files, private keys, and who needs no proxy.
#include "plugins/source-git/transport/ssh_keys.hpp"
#include "plugins/source-git/transport/proxy.hpp"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace stoker::git {
namespace {

// The fingerprints that the three operators publish beside the keys.
TEST(SshKeysTest, BuiltInKeysHaveThePublishedFingerprints) {
  const std::map<std::string, std::string> published = {
      {"github.com ssh-ed25519", "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"},
      {"github.com ecdsa-sha2-nistp256", "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM"},
      {"github.com ssh-rsa", "SHA256:uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s"},
      {"gitlab.com ssh-ed25519", "SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8"},
      {"gitlab.com ecdsa-sha2-nistp256", "SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw"},
      {"gitlab.com ssh-rsa", "SHA256:ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ"},
      {"bitbucket.org ssh-ed25519", "SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM"},
      {"bitbucket.org ecdsa-sha2-nistp256", "SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0"},
      {"bitbucket.org ssh-rsa", "SHA256:46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E"}};
  EXPECT_TRUE(check_known_hosts(built_in_host_keys()));
  std::map<std::string, std::string> ours;
  std::istringstream lines{std::string(built_in_host_keys())};
  for (std::string host, type, key; lines >> host >> type >> key;) ours[host + " " + type] = fingerprint(key);
  EXPECT_EQ(ours, published);
}

TEST(SshKeysTest, ATextWithoutAKeyIsNoTrust) {
  for (const char* text : {"", "\n\n", "# host ssh-ed25519 AAAA", "host", "host ssh-ed25519", "host ssh-ed25519 AAAA",
                           "host ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
                           "@revoked host ssh-ed25519"}) {
    const auto checked = check_known_hosts(text);
    ASSERT_FALSE(checked) << text;
    EXPECT_EQ(checked.error().code, "git.known-hosts-invalid") << text;
  }
}

TEST(ProxyTest, NoProxyNamesHostsAndDomains) {
  EXPECT_TRUE(no_proxy_names("*", "git.example.com"));
  EXPECT_TRUE(no_proxy_names("localhost, .example.com", "git.example.com"));
  EXPECT_TRUE(no_proxy_names("example.com", "git.example.com"));
  EXPECT_TRUE(no_proxy_names("git.example.com", "git.example.com"));
  EXPECT_FALSE(no_proxy_names("it.example.com", "git.example.com"));
  EXPECT_FALSE(no_proxy_names("", "git.example.com"));
  EXPECT_FALSE(no_proxy_names(" , ,", "git.example.com"));
}

TEST(ProxyTest, AProxyIsAHostAndAPortWithoutCredentials) {
  const auto address = parse_address("https://git.example.com/r", false);
  ASSERT_TRUE(address);
  EXPECT_EQ(proxy_to(*address, "http://proxy:3128/").value(), "proxy:3128");
  EXPECT_EQ(proxy_to(*address, "proxy:3128").value(), "proxy:3128");
  EXPECT_EQ(proxy_to(*address, "none").value(), "");
  for (const char* text : {"https://proxy", "http://u:canary@proxy:1", "socks5://proxy", "http://proxy/path"}) {
    const auto proxy = proxy_to(*address, text);
    ASSERT_FALSE(proxy) << text;
    EXPECT_EQ(proxy.error().code, "git.proxy-invalid");
    EXPECT_EQ(proxy.error().message.find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace stoker::git
