// Owners: whether they live, and what goes with them. coordination P7
#include "conformance/fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

namespace conformance {
namespace {

using stoker::errc;

json::object reference_to(const Object& owner) {
  return {{"apiVersion", "conformance.stoker.io/v1"}, {"kind", "Thing"}, {"name", owner.key.name}, {"uid", owner.uid}};
}

std::string owner_text(const Object& owner) {
  json::object text = reference_to(owner);
  text["namespace"] = owner.key.name_space;
  return json::serialize(text);
}

class OwnersConformance : public Conformance {
 protected:
  ~OwnersConformance() override {
    for (const std::uint64_t watch : owners_) platform().unwatch(watch);
  }
  // Nothing when this platform cannot say whether such an owner lives.
  std::optional<std::uint64_t> watch_owner(const std::string& owner) {
    if (!platform().knows_owners()) return std::nullopt;
    const auto watch = platform().watch_owner(owner);
    if (!watch && (watch.error().kind == errc::incompatible)) return std::nullopt;
    if (!watch) throw std::runtime_error("watch_owner: " + watch.error().message);
    owners_.push_back(*watch);
    return *watch;
  }
  std::vector<Op> states(std::uint64_t watch, std::size_t count) {
    std::vector<Op> states;
    for (const ObjectEvent& event : platform().events(watch, count)) states.push_back(event.op);
    return states;
  }
  std::string owned(const std::string& what, const json::array& owners) const {
    return with(thing(what), "/metadata/ownerReferences", owners);
  }
  // Is the object gone before patience is over?
  bool goes(const ObjectKey& gone) const {
    const auto end = std::chrono::steady_clock::now() + 3 * patience;
    while (platform().get(gone)) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }

 private:
  std::vector<std::uint64_t> owners_;
};

// coordination P7
TEST_F(OwnersConformance, AnObjectIsAliveUntilItIsRemoved) {
  const Object owner = insert(thing("owner"));
  const auto watch = watch_owner(owner_text(owner));
  if (!watch) GTEST_SKIP() << "this platform does not know who lives";
  EXPECT_EQ(states(*watch, 1), std::vector<Op>{Op::owner_alive});
  ASSERT_TRUE(platform().patch(key("owner"), Part::spec, R"({"spec": {"size": 2}})"));
  ASSERT_TRUE(platform().remove(key("owner")));
  EXPECT_EQ(states(*watch, 2), (std::vector<Op>{Op::owner_alive, Op::owner_gone}));
}

// coordination P7
TEST_F(OwnersConformance, AnObjectThatIsNotThereIsGone) {
  const Object owner = insert(thing("owner"));
  ASSERT_TRUE(platform().remove(key("owner")));
  insert(thing("owner"));  // of the same name, and another one
  const auto watch = watch_owner(owner_text(owner));
  if (!watch) GTEST_SKIP() << "this platform does not know who lives";
  EXPECT_EQ(states(*watch, 1), std::vector<Op>{Op::owner_gone});
}

// A child process that waits to be killed.
class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::pause();
    ::_exit(0);
  }
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string owner(const std::string& start_time = "", const std::string& boot = "") const {
    std::string stat, boot_id, field;
    std::getline(std::ifstream("/proc/" + std::to_string(pid_) + "/stat"), stat);
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot_id);
    std::istringstream fields(stat.substr(stat.rfind(')') + 1));
    for (int number = 3; number <= 22; ++number) fields >> field;
    return json::serialize(json::object{{"kind", "Process"},
                                        {"pid", pid_},
                                        {"startTime", start_time.empty() ? field : start_time},
                                        {"bootId", boot.empty() ? boot_id : boot}});
  }

 private:
  pid_t pid_;
};

// coordination P7
TEST_F(OwnersConformance, AProcessIsAliveUntilItEnds) {
  Child child;
  const auto watch = watch_owner(child.owner());
  if (!watch) GTEST_SKIP() << "this platform knows no processes";
  EXPECT_EQ(states(*watch, 1), std::vector<Op>{Op::owner_alive});
  child.end();
  EXPECT_EQ(states(*watch, 2), (std::vector<Op>{Op::owner_alive, Op::owner_gone}));
}

// coordination P7
TEST_F(OwnersConformance, AnotherStartTimeOrBootIsAnotherProcess) {
  Child child;
  const auto later = watch_owner(child.owner("1"));
  if (!later) GTEST_SKIP() << "this platform knows no processes";
  EXPECT_EQ(states(*later, 1), std::vector<Op>{Op::owner_gone});
  const auto before = watch_owner(child.owner("", "00000000-0000-4000-8000-000000000000"));
  EXPECT_EQ(states(*before, 1), std::vector<Op>{Op::owner_gone});
}

// coordination P7
TEST_F(OwnersConformance, AnObjectGoesAfterItsOwner) {
  const Object owner = insert(thing("owner"));
  insert(owned("a", {reference_to(owner)}));
  ASSERT_TRUE(platform().remove(key("owner")));
  EXPECT_TRUE(goes(key("a")));
}

// coordination P7
TEST_F(OwnersConformance, WhatIsOwnedByAnOwnedObjectGoesToo) {
  const Object owner = insert(thing("owner"));
  const Object middle = insert(owned("middle", {reference_to(owner)}));
  insert(owned("a", {reference_to(middle)}));
  insert(owned("b", {reference_to(middle)}));
  ASSERT_TRUE(platform().remove(key("owner")));
  EXPECT_TRUE(goes(key("middle")) && goes(key("a")) && goes(key("b")));
}

// coordination P7
TEST_F(OwnersConformance, AnObjectStaysWhileOneOfItsOwnersIsThere) {
  const Object first = insert(thing("first")), second = insert(thing("second"));
  insert(owned("a", {reference_to(first), reference_to(second)}));
  insert(owned("b", {reference_to(first)}));
  ASSERT_TRUE(platform().remove(key("first")));
  EXPECT_TRUE(goes(key("b")));
  EXPECT_TRUE(platform().get(key("a")));
  ASSERT_TRUE(platform().remove(key("second")));
  EXPECT_TRUE(goes(key("a")));
}

// coordination P7
TEST_F(OwnersConformance, AnObjectWhoseOwnerWasNeverThereGoes) {
  json::object reference = reference_to(insert(thing("owner")));
  reference["uid"] = "11111111-1111-4111-8111-111111111111";
  insert(owned("a", {reference}));
  EXPECT_TRUE(goes(key("a")));
  EXPECT_TRUE(platform().get(key("owner")));
}

// coordination P7
TEST_F(OwnersConformance, AnOwnedObjectWithFinalizersIsOnlyMarked) {
  const Object owner = insert(thing("owner"));
  insert(with(owned("a", {reference_to(owner)}), "/metadata/finalizers", json::array{"conformance.stoker.io/f"}));
  const auto watch = watch_mine(version_now());
  ASSERT_TRUE(platform().remove(key("owner")));
  const auto events = platform().events(watch, 2);
  ASSERT_EQ(events.size(), 2u) << pretty(events);
  EXPECT_EQ(events[1].op, Op::changed);
  EXPECT_TRUE(at(events[1].object, "/metadata/deletionTimestamp").is_string());
}

// coordination P7
TEST_F(OwnersConformance, AnObjectWithoutOwnersStays) {
  const Object owner = insert(thing("owner"));
  insert(thing("a"));
  insert(owned("b", {reference_to(owner)}));
  ASSERT_TRUE(platform().remove(key("owner")));
  EXPECT_TRUE(goes(key("b")));
  EXPECT_TRUE(platform().get(key("a")));
}

}  // namespace
}  // namespace conformance
