// The hostile server with the program git as its client: honest it is a git server, and each act does what it says.
#include "hostile_peer.hpp"
#include "private_folder.hpp"
#include "server_process.hpp"

#include <gtest/gtest.h>

namespace git_servers {
namespace {

class HostilePeerTest : public ::testing::Test {
 protected:
  // What a clone has as line/g, or what git said.
  std::string clone(const std::string& url, const std::string& seconds, const std::string& ssh = {}) const {
    const PrivateFolder into("clone");
    child::Arguments all{"env",
                         "-i",
                         "PATH=/usr/bin:/bin",
                         "HOME=" + room.path().string(),
                         "GIT_CONFIG_NOSYSTEM=1",
                         "GIT_TERMINAL_PROMPT=0",
                         "GIT_SSL_CAINFO=" + (room / "ca.pem").string(),
                         "GIT_SSH_COMMAND=" + ssh};
    for (const std::string& one : {std::string("timeout"), seconds, std::string("git"), std::string("clone"),
                                   std::string("-q"), url, (into / "c").string()})
      all.push_back(one);
    const child::Finished cloned = child::finished(all);
    if (cloned.code == 124) return "stopped";
    return cloned.code == 0 ? text_of(into / "c/line/g") : "failed: " + cloned.err;
  }
  std::string clone_over(Over over, Act act, const std::string& seconds = "20") {
    write_text(room / "ca.pem", authority.pem());
    HostilePeer peer(content,
                     {.act = act, .over = over, .certificate = authority.sign(), .location = "http://127.0.0.1:1"});
    return clone(peer.url(), seconds);
  }
  std::string clone_over_ssh(Act act, const std::string& seconds = "20") {
    const HostileSsh peer(content, act);
    write_text(room / "known_hosts", peer.server().known_hosts());
    return clone(peer.url(), seconds,
                 "ssh -F none -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=" +
                     (room / "known_hosts").string() + " -i " + peer.server().user_key().string());
  }

  const PrivateFolder room{"hostile"};
  const HostileContent content = HostileContent::make(room.path());
  const certificates::Authority authority;
};

TEST_F(HostilePeerTest, HonestItServesOverAllTransports) {
  for (const Over over : {Over::git, Over::http, Over::https}) EXPECT_EQ(clone_over(over, Act::none), "honest");
  EXPECT_EQ(clone_over_ssh(Act::none), "honest");
}

TEST_F(HostilePeerTest, ACommitAWholeTreeOrAFileIsMissing) {
  for (const Act act : {Act::another_commit, Act::commit_without_tree, Act::tree_without_files, Act::empty_pack,
                        Act::damaged_pack, Act::cut_pack, Act::cut_listing, Act::bad_length, Act::error_line}) {
    const std::string said = clone_over(Over::git, act);
    EXPECT_TRUE(said.starts_with("failed: ")) << name_of(act) << ": " << said;
  }
}

TEST_F(HostilePeerTest, AnHttpServerLeadsAstray) {
  for (const Act act : {Act::redirect_round, Act::redirect_away}) {
    const std::string said = clone_over(Over::http, act);
    EXPECT_TRUE(said.starts_with("failed: ")) << name_of(act) << ": " << said;
  }
  EXPECT_EQ(clone_over(Over::http, Act::web_page), "") << "git takes it for a repository without commits";
}

TEST_F(HostilePeerTest, ASilentOrSlowOneIsWaitedForByGit) {
  for (const Act act : {Act::silence, Act::slow_listing, Act::silence_in_listing, Act::silence_before_pack,
                        Act::silence_in_pack, Act::slow_pack})
    EXPECT_EQ(clone_over(Over::git, act, "0.5"), "stopped") << name_of(act);
  EXPECT_EQ(clone_over(Over::https, Act::silence_after_request, "0.5"), "stopped");
  EXPECT_EQ(clone_over_ssh(Act::silence_in_listing, "1"), "stopped");
}

TEST_F(HostilePeerTest, AnEndlessOneDoesNotEndByItself) {
  for (const Act act : {Act::endless_listing, Act::endless_progress, Act::huge_object})
    EXPECT_EQ(clone_over(Over::git, act, "0.3"), "stopped") << name_of(act);
}

TEST_F(HostilePeerTest, EveryActHasItsName) {
  for (const NamedAct& one : all_acts()) EXPECT_EQ(act_of(name_of(one.act)), one.act);
}

}  // namespace
}  // namespace git_servers
