// What is asked of a server and what is taken of its answers, without a network: both versions of the protocol, with
// one stream for all or a request each.
#include "plugins/source-git/transport/conversation.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stoker::git {
namespace {

const std::string one(40, '1'), two(40, '2');

// Says one text after the other: all at once, or one for each time it is talked to.
class ScriptedPeer : public Peer {
 public:
  ScriptedPeer(bool stateless, std::vector<std::string> answers)
      : stateless_(stateless), answers_(std::move(answers)) {}
  bool stateless() const override { return stateless_; }
  Result<std::unique_ptr<ByteStream>> talk(Service) override {
    std::string says;
    if (stateless_) {
      says = answers_.at(talks_++);
    } else {
      for (const std::string& answer : answers_) says += answer;
    }
    return std::unique_ptr<ByteStream>(std::make_unique<Stream>(std::move(says), heard));
  }
  std::string heard;

 private:
  struct Stream : ByteStream {
    Stream(std::string text, std::string& to) : says(std::move(text)), heard(to) {}
    Result<std::size_t> read(char* into, std::size_t size) override {
      size = std::min({size, says.size() - at, std::size_t{7}});  // never what was wanted at once
      std::copy_n(says.data() + at, size, into);
      at += size;
      return size;
    }
    Result<void> write(std::string_view bytes) override {
      heard += bytes;
      return {};
    }
    std::string says;
    std::string& heard;
    std::size_t at = 0;
  };
  const bool stateless_;
  const std::vector<std::string> answers_;
  std::size_t talks_ = 0;
};

std::string greeting(const std::string& more = "") {
  return packet("version 2\n") + packet("agent=x\n") + packet("ls-refs\n") + packet("object-format=sha1\n") + more +
         "0000";
}

// "name=id first digit, ..." or the code of the failure.
std::string listed(Peer& peer, const std::vector<std::string>& prefixes = {}) {
  auto conversation = Conversation::begin(peer);
  if (!conversation) return conversation.error().code;
  auto listing = conversation->list(prefixes);
  if (!listing) return listing.error().code;
  std::string text;
  for (const auto& [name, id] : *listing) text += name + "=" + id.substr(0, 1) + " ";
  return text;
}

// pitfalls P60
TEST(ConversationTest, AsksTheSecondVersionForWhatBeginsSo) {
  for (const bool stateless : {true, false}) {
    ScriptedPeer peer(stateless, {greeting(), packet(one + " refs/heads/main\n") +
                                                  packet(two + " refs/tags/v1 peeled:" + one + "\n") +
                                                  packet("unborn HEAD symref-target:refs/heads/x\n") + "0000"});
    EXPECT_EQ(listed(peer, {"refs/heads/main", "refs/tags/main"}), "refs/heads/main=1 refs/tags/v1=1 ");
    const std::string request = packet("command=ls-refs\n") + packet("agent=stoker\n") +
                                packet("object-format=sha1\n") + "0001" + packet("peel\n") +
                                packet("ref-prefix refs/heads/main\n") + packet("ref-prefix refs/tags/main\n") + "0000";
    EXPECT_EQ(peer.heard, request + (stateless ? "" : "0000"));
  }
}

TEST(ConversationTest, TakesTheFirstVersionAsItComes) {
  using namespace std::string_literals;
  const std::string list = packet(one + " HEAD\0side-band symref=HEAD:refs/heads/main\n"s) +
                           packet(one + " refs/heads/main\n") + packet(two + " refs/tags/v1\n") +
                           packet(one + " refs/tags/v1^{}\n") + packet("shallow " + two + "\n") + "0000";
  const std::string wanted = "HEAD=1 refs/heads/main=1 refs/tags/v1=1 ";
  ScriptedPeer plain(false, {list}), smart(true, {packet("# service=git-upload-pack\n") + "0000" + list}),
      numbered(false, {packet("version 1\n") + list});
  EXPECT_EQ(listed(plain, {"refs/heads/main"}), wanted);
  EXPECT_EQ(plain.heard, "0000");
  EXPECT_EQ(listed(smart), wanted);
  EXPECT_EQ(listed(numbered), wanted);
  ScriptedPeer empty(false, {packet(std::string(40, '0') + " capabilities^{}\0x\n"s) + "0000"}), none(false, {"0000"});
  EXPECT_EQ(listed(empty), "");
  EXPECT_EQ(listed(none), "");
}

TEST(ConversationTest, NamesWhatIsNoAnswer) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "git.connection-lost"},
      {"00", "git.connection-lost"},
      {"0010version", "git.connection-lost"},
      {"<htm", "git.bad-answer"},
      {"0003", "git.bad-answer"},
      {packet("hello\n") + "0000", "git.bad-answer"},
      {packet("ERR access denied or repository not exported: /x"), "git.denied"},
      {packet("ERR Repository not found."), "git.repository-not-found"},
      {packet("ERR \x1b[2Jbusy"), "git.refused"},
      {packet("version 2\n") + packet("object-format=sha256\n") + "0000", "git.object-format"},
      {packet(std::string(64, '1') + " refs/heads/main\n") + "0000", "git.object-format"},  // cases T05
      {packet("version 2\n") + packet(std::string(60000, 'x')) + packet(std::string(60000, 'x')), "git.bad-answer"},
      {greeting() + packet("no ref\n") + "0000", "git.bad-answer"},
      {greeting() + packet(one + " refs/heads/main\n"), "git.connection-lost"},
      {greeting() + packet("ERR not our ref") + "0000", "git.refused"}};
  for (const auto& [says, wanted] : cases) {
    ScriptedPeer peer(false, {says});
    EXPECT_EQ(listed(peer), wanted) << says.substr(0, 60);
  }
}

TEST(ConversationTest, HandsAnAnswerOnUpToItsEnd) {
  ScriptedPeer peer(false, {greeting(), packet("a\n") + "0001" + packet("b\n") + "0000" + packet("later\n")});
  auto conversation = Conversation::begin(peer);
  ASSERT_TRUE(conversation);
  EXPECT_EQ(conversation->capabilities(), greeting());
  std::string taken;
  const auto take = [&](const Packet& packet) -> Result<void> {
    taken += packet.bytes;
    return {};
  };
  ASSERT_TRUE(conversation->ask("request", take));
  EXPECT_EQ(taken, packet("a\n") + "0001" + packet("b\n") + "0000");
}

}  // namespace
}  // namespace stoker::git
