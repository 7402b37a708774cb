// Processes as owners, and what an unowned object needs to go.
#include "process_owner.hpp"

#include "fixture.hpp"

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace stoker;
using namespace stoker::local;
using Op = ObjectEvent::Op;
using OwnersTest = stoker::local::test::LocalFixture;

TEST(ProcessOwnerTest, ThisProcessIsAlive) {
  const ProcessState state = look_at(ProcessOwner::self());
  EXPECT_EQ(state.is, ProcessState::Is::alive);
  EXPECT_TRUE(state.end);
}

TEST(ProcessOwnerTest, AnotherBootOrStartTimeIsGone) {
  ProcessOwner other = ProcessOwner::self();
  other.boot_id = "another";
  EXPECT_EQ(look_at(other).is, ProcessState::Is::gone);
  other = ProcessOwner::self();
  other.start_time += "1";
  EXPECT_EQ(look_at(other).is, ProcessState::Is::gone);
}

TEST(ProcessOwnerTest, OneThatEndedIsGoneAlsoBeforeItsParentHasWaited) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
  ProcessOwner owner = ProcessOwner::self();
  owner.pid = child;
  EXPECT_EQ(look_at(owner).is, ProcessState::Is::gone);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(look_at(owner).is, ProcessState::Is::gone);
}

TEST_F(OwnersTest, AnOwnerThatIsNotWellSaidIsInvalid) {
  for (const char* owner :
       {"", "[]", "{}", R"({"kind": "Process"})", R"({"kind": "Process", "pid": -1, "startTime": 1, "bootId": "x"})",
        R"({"kind": "Process", "pid": 1, "startTime": "x", "bootId": "x"})",
        R"({"kind": "Process", "pid": 1, "startTime": 1})", R"({"kind": "Thing", "name": "a"})"})
    EXPECT_EQ(platform->watch_owner(call.call(), owner).error().kind, errc::invalid) << owner;
}

TEST_F(OwnersTest, NobodyCanSayWhetherAnOwnerOfAnUnknownKindLives) {
  ASSERT_TRUE(platform->watch_owner(call.call(), R"({"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "u"})"));
  const auto events = told();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].op, Op::owner_unknown);
}

TEST_F(OwnersTest, AnOwnerThatIsGoneIsToldOnce) {
  const Object owner = insert(thing("owner"));
  const auto number = platform->watch_owner(
      call.call(),
      R"({"apiVersion": "example.io/v1", "kind": "Thing", "namespace": "default", "name": "owner", "uid": ")" +
          owner.uid + "\"}");
  ASSERT_TRUE(number);
  ASSERT_TRUE(remove("owner"));
  insert(thing("owner"));
  ASSERT_TRUE(remove("owner"));
  const auto events = told();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].op, Op::owner_alive);
  EXPECT_EQ(events[1].op, Op::owner_gone);
  EXPECT_EQ(events[1].watch, *number);
}

TEST_F(OwnersTest, AnOwnerThatWentWhileNobodyAskedIsGoneAlsoAfterTheLogHasForgottenIt) {
  open({10, 1 << 20});
  const Object owner = insert(thing("owner"));
  ASSERT_TRUE(platform->watch_owner(
      call.call(),
      R"({"apiVersion": "example.io/v1", "kind": "Thing", "namespace": "default", "name": "owner", "uid": ")" +
          owner.uid + "\"}"));
  ASSERT_TRUE(remove("owner"));
  insert(thing("a"));
  for (int i = 2; i <= 30; ++i) ASSERT_TRUE(patch("a", R"({"spec": {"size": )" + std::to_string(i) + "}}"));
  EXPECT_EQ(told().back().op, Op::owner_gone);
}

TEST_F(OwnersTest, AnOwnerInAnotherNamespaceCountsAsGone) {
  const Object owner = insert(thing("owner"));
  std::string document = thing("a", test::LocalFixture::owned_by(owner));
  document.replace(document.find("default"), 7, "elsewhere");
  insert(document);
  EXPECT_EQ(list().size(), 1u);
}

TEST_F(OwnersTest, AnObjectWithAnOwnerOfAnUnknownKindStays) {
  const Object owner = insert(thing("owner"));
  insert(thing("a", owned_by(owner, "Pod")));
  EXPECT_EQ(list().size(), 2u);
}

TEST_F(OwnersTest, AnObjectWhoseOwnersAreReplacedByGoneOnesGoes) {
  const Object owner = insert(thing("owner")), other = insert(thing("other"));
  insert(thing("a", owned_by(owner)));
  ASSERT_TRUE(remove("other"));
  ASSERT_TRUE(patch("a", R"({"metadata": {)" + owned_by(other).substr(2) + "}}"));
  EXPECT_FALSE(get("a"));
}

TEST_F(OwnersTest, ManyObjectsOfOneOwnerGoWithIt) {
  const Object owner = insert(thing("owner"));
  for (int i = 0; i < 300; ++i) insert(thing("a" + std::to_string(i), owned_by(owner)));
  ASSERT_TRUE(remove("owner"));
  EXPECT_TRUE(list().empty());
}

TEST_F(OwnersTest, WhatAnEarlierProcessLeftBehindGoesAtTheStart) {
  const Object owner = insert(thing("owner"));
  insert(thing("a", owned_by(owner)));
  platform.reset();
  {
    Database database(file());
    database.begin();
    Objects(database).erase(owner.key);
    database.commit();
  }
  open();
  EXPECT_TRUE(list().empty());
}

}  // namespace
