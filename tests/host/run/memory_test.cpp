// How a target's memory changes: every transition by itself, without files, plugins or a clock.
#include "host/run/memory.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace stoker::host {
namespace {

Assignment assigned(const std::string& revision, const std::string& retry = {}) {
  Assignment a;
  a.sync = "line-a";
  a.revision = revision;
  a.ref = "main";
  a.retry = retry;
  a.token = 7;
  return a;
}

Briefing briefed(const std::string& revision, GatewayState state = GatewayState::running) {
  Briefing briefing(assigned(revision));
  briefing.facts.state = state;
  return briefing;
}

Running runs(const std::string& revision, const std::string& run, bool is_verified = false) {
  Running running = running_of(briefed(revision), run, 1);
  running.settled = is_verified;
  return running;
}

// `good` runs and is verified.
Memory settled() {
  Memory memory;
  memory.sync = "line-a";
  memory.strategy = "merge";
  memory.running = memory.good = runs("good", "run-0", true);
  memory.last_detail = {{"verify-a", "{}"}};
  return memory;
}

// Then `next` was applied by run-1, and nobody has judged it.
Memory doubted() {
  Memory memory = after::locking(settled(), "run-1", briefed("next"));
  memory = after::locked(std::move(memory), assigned("next"), {{"verify-a", "ticket-1"}});
  return after::applied(std::move(memory), runs("next", "run-1"), "merge", 1);
}

InFlight moved_by(const std::string& run) { return {run, assigned("next"), {{"verify-a", "old"}}, false, true}; }

// ---------------------------------------------------------------- locking to applied

TEST(MemoryTest, LockingPutsTheRunInFlightBeforeAnythingHasMoved) {
  const Memory next = after::locking(settled(), "run-1", briefed("next"));
  ASSERT_TRUE(next.in_flight);
  EXPECT_EQ(next.in_flight->run, "run-1");
  EXPECT_EQ(next.in_flight->assignment.revision, "next");
  EXPECT_FALSE(next.in_flight->moved);
  EXPECT_FALSE(next.doubtful());
  EXPECT_FALSE(next.sure());
}

TEST(MemoryTest, AGatewayThatRunsBeforeOurFirstApplyIsAdopted) {
  EXPECT_TRUE(after::locking(Memory(), "run-1", briefed("next")).adopted);
  EXPECT_FALSE(after::locking(Memory(), "run-1", briefed("next", GatewayState::down)).adopted);
  EXPECT_FALSE(after::locking(settled(), "run-1", briefed("next")).adopted);
}

TEST(MemoryTest, ALaterRunTakesOverTheDoubtAndItsTickets) {
  Memory memory = settled();
  memory.in_flight = moved_by("run-1");
  const Memory next = after::locking(memory, "run-2", briefed("newer"));
  EXPECT_EQ(next.in_flight->run, "run-2");
  EXPECT_TRUE(next.in_flight->moved);
  EXPECT_EQ(next.in_flight->tickets.at("verify-a"), "old");
  EXPECT_TRUE(next.doubtful());
}

TEST(MemoryTest, AFlightThatMovedNothingIsReplacedWhole) {
  Memory memory = settled();
  memory.in_flight = moved_by("run-1");
  memory.in_flight->moved = false;
  EXPECT_TRUE(after::locking(memory, "run-2", briefed("newer")).in_flight->tickets.empty());
}

TEST(MemoryTest, SteppingBackLeavesTheDoubtOfBefore) {
  Memory memory = settled();
  memory.in_flight = moved_by("run-1");
  const Memory next = after::stepped_back(after::locking(memory, "run-2", briefed("newer")), "run-2", memory.in_flight);
  EXPECT_EQ(next.in_flight->run, "run-1");
  EXPECT_FALSE(after::stepped_back(after::locking(settled(), "run-2", briefed("newer")), "run-2", {}).in_flight);
}

struct TicketRow {
  const char* what;
  bool doubt, has_detail;
  const char *standing, *given, *kept;
  friend void PrintTo(const TicketRow& row, std::ostream* out) { *out << row.what; }
};
class TicketTest : public testing::TestWithParam<TicketRow> {};

TEST_P(TicketTest, IsKeptAsItShould) {
  const TicketRow& row = GetParam();
  Memory memory = settled();
  if (!row.has_detail) memory.last_detail.clear();
  if (row.doubt) memory.in_flight = moved_by("run-1");
  if (row.doubt) memory.in_flight->tickets = {{"verify-a", row.standing}};
  memory = after::locking(std::move(memory), "run-2", briefed("newer"));
  memory = after::locked(std::move(memory), assigned("newer"), {{"verify-a", row.given}});
  EXPECT_TRUE(memory.in_flight->moved);
  EXPECT_EQ(memory.in_flight->tickets.at("verify-a"), row.kept);
}

INSTANTIATE_TEST_SUITE_P(Rows, TicketTest,
                         testing::Values(TicketRow{"NewWhenNothingStands", false, true, "", "new", "new"},
                                         TicketRow{"TheOldOneStands", true, true, "old", "new", "old"},
                                         TicketRow{"NewInDoubtWithAVerifiedDetail", true, true, "", "new", "new"},
                                         TicketRow{"NoneInDoubtWithoutAVerifiedDetail", true, false, "", "new", ""}),
                         [](const auto& row) { return row.param.what; });

TEST(MemoryTest, WhatIsAppliedRunsUnverifiedAndWaitsNoMore) {
  const Memory next =
      after::applied(after::staged(settled(), "run-1", "digest", "key"), runs("next", "run-1"), "merge", 1);
  EXPECT_EQ(next.running->revision, "next");
  EXPECT_EQ(next.good->revision, "good");
  EXPECT_EQ(next.unverified, std::vector<std::string>{"run-1"});
  EXPECT_FALSE(next.waiting);
  EXPECT_FALSE(next.sure());
  EXPECT_EQ(next.history.back(), "1970-01-01T00:00:00Z next applied");
}

TEST(MemoryTest, KeepsTheLastTenLinesOfItsHistory) {
  Memory memory;
  for (int i = 0; i < 12; ++i) memory = after::applied(std::move(memory), runs("r" + std::to_string(i), "run"), "m", 1);
  EXPECT_EQ(memory.history.size(), 10u);
  EXPECT_EQ(memory.history.front(), "1970-01-01T00:00:00Z r2 applied");
}

// ---------------------------------------------------------------- judged

TEST(MemoryTest, AVerifiedStateEndsEveryDoubtAndHoldOfIt) {
  Memory memory = doubted();
  memory.hold(memory.running->key, "next", 7, "was bad", 1);
  memory.quarantine = Quarantine{"key", "next", ""};
  const Memory next = after::settled(memory, "line-a", "merge", *memory.running, {{"verify-a", "{\"bad\":[]}"}}, 1);
  EXPECT_TRUE(next.sure());
  EXPECT_EQ(next.good->run, "run-1");
  EXPECT_TRUE(next.good->verified());
  EXPECT_FALSE(next.quarantine);
  EXPECT_TRUE(next.held.empty());
  EXPECT_EQ(next.last_detail.at("verify-a"), "{\"bad\":[]}");
  EXPECT_EQ(next.history.back(), "1970-01-01T00:00:00Z next verified");
}

// cases T18
TEST(MemoryTest, WhatNobodyJudgedIsSettledAndNotVerified) {
  Memory memory = doubted();
  memory.running->judged_by = "";
  const Memory next = after::settled(memory, "line-a", "merge", *memory.running, {}, 1);
  EXPECT_TRUE(next.sure());
  EXPECT_TRUE(next.unverified.empty());
  EXPECT_FALSE(next.running->verified());
  EXPECT_EQ(next.history.back(), "1970-01-01T00:00:00Z next settled, nobody verifies it");
  const auto read = memory_from_json(to_json(next));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->running->verified());
  EXPECT_FALSE(read->sure_for("verify-a")) << "a verifier that is there now judges it";
  EXPECT_TRUE(read->sure_for(""));
  EXPECT_FALSE(after::unchanged(next, "line-a", runs("readme", "run-1")).running->verified());
}

TEST(MemoryTest, WhatOthersJudgedIsJudgedAgain) {
  Memory memory = settled();
  EXPECT_TRUE(memory.sure_for("verify-a http://other")) << "an older program did not say who judged it";
  memory.running->judged_by = "verify-a http://wrong";
  EXPECT_FALSE(memory.sure_for("verify-a http://right"));
  EXPECT_TRUE(memory.sure_for("verify-a http://wrong"));
}

TEST(MemoryTest, TheSameFilesUnderAnotherRevisionAreVerifiedAtOnce) {
  const Memory next = after::unchanged(settled(), "line-b", runs("readme", "run-0"));
  EXPECT_TRUE(next.sure());
  EXPECT_EQ(next.sync, "line-b");
  EXPECT_EQ(next.good->revision, "readme");
}

TEST(MemoryTest, WhatIsBadIsHeldAndTheRollbackIsInFlight) {
  const Memory next = after::condemned(doubted(), "run-2", assigned("next"), assigned("next"), "it is bad", 1);
  EXPECT_TRUE(next.holds(assigned("next")));
  EXPECT_EQ(next.why_held(assigned("next").held_key()), "it is bad");
  EXPECT_EQ(next.held.front().token, 7u);
  EXPECT_TRUE(next.in_flight->go_back);
  EXPECT_TRUE(next.in_flight->moved);
  EXPECT_EQ(next.unverified, std::vector<std::string>{"run-1"}) << "nothing was taken back yet";
}

TEST(MemoryTest, AnEarlierRunThatIsBadHoldsNothingOfWhatIsAssignedNow) {
  const Memory next = after::condemned(doubted(), "run-2", assigned("next"), assigned("newer"), "it is bad", 1);
  EXPECT_TRUE(next.holds(assigned("next")));
  EXPECT_FALSE(next.holds(assigned("newer")));
}

TEST(MemoryTest, WithoutAWayBackARevisionIsHeldAndNothingIsInFlightForIt) {
  Memory memory = doubted();
  memory.good.reset();
  memory.in_flight.reset();
  EXPECT_FALSE(memory.can_go_back(assigned("next")));
  const Memory next = after::condemned(memory, "run-1", assigned("next"), assigned("next"), "it is bad", 1);
  EXPECT_TRUE(next.holds(assigned("next")));
  EXPECT_FALSE(next.in_flight);
  EXPECT_EQ(next.history.back(), "1970-01-01T00:00:00Z next bad, left in place");
}

TEST(MemoryTest, AWayBackNeedsAStateBeforeAndTheSyncToWantIt) {
  Assignment off = assigned("next");
  off.auto_rollback = false;
  EXPECT_FALSE(settled().can_go_back(off));
  EXPECT_TRUE(settled().can_go_back(assigned("next")));
  Memory adopted;
  EXPECT_FALSE(adopted.can_go_back(assigned("next")));
  adopted.adopted = true;
  EXPECT_TRUE(adopted.can_go_back(assigned("next")));
}

TEST(MemoryTest, WhatWasTakenBackStandsInDoubtUntilItIsJudged) {
  const Memory bad = after::condemned(doubted(), "run-2", assigned("next"), assigned("next"), "it is bad", 1);
  const Memory next = after::reverted(bad, "run-2", assigned("next"));
  EXPECT_EQ(next.running->revision, "good");
  EXPECT_TRUE(next.unverified.empty());
  EXPECT_FALSE(next.in_flight->go_back);
  EXPECT_TRUE(next.in_flight->moved);
  EXPECT_FALSE(next.sure());
  EXPECT_TRUE(after::revert_verified(next, {}, "verify-a").sure());
}

TEST(MemoryTest, AHeldRevisionStaysUntilTwentyNewerOnesAreHeld) {
  Memory memory;
  for (int i = 0; i < 21; ++i) memory.hold("key " + std::to_string(i), "r", 1, "bad", 1);
  EXPECT_FALSE(memory.holds("key 0"));
  EXPECT_TRUE(memory.holds("key 1"));
  EXPECT_EQ(memory.held.size(), 20u);
  memory.hold("key 1", "r", 1, "bad again", 1);
  EXPECT_EQ(memory.held.size(), 20u) << "a key is held once";
}

struct FailureRow {
  const char* what;
  Error error;
  bool held;
  friend void PrintTo(const FailureRow& row, std::ostream* out) { *out << row.what; }
};
class ApplyFailedTest : public testing::TestWithParam<FailureRow> {};

TEST_P(ApplyFailedTest, IsHeldOnlyWhenItIsTheRevisionsFault) {
  Memory memory = after::staged(after::locking(settled(), "run-1", briefed("next")), "run-1", "digest", "key");
  const Memory next = after::apply_failed(std::move(memory), assigned("next"), GetParam().error, 1);
  EXPECT_EQ(next.holds(assigned("next")), GetParam().held);
  EXPECT_FALSE(next.waiting);
  EXPECT_TRUE(next.in_flight) << "until the gateway was judged";
}

INSTANTIATE_TEST_SUITE_P(Rows, ApplyFailedTest,
                         testing::Values(FailureRow{"Retryable", Error(errc::exhausted, "disk full"), false},
                                         FailureRow{"Final", Error(errc::invalid, "impossible"), true}),
                         [](const auto& row) { return row.param.what; });

// ---------------------------------------------------------------- repaired

// cases T32
TEST(MemoryTest, ARepairIsDueOnceForEachTextAndWheneverACommandAsks) {
  Assignment a = assigned("good");
  Memory memory = settled();
  EXPECT_FALSE(memory.is_repair_due(a));
  a.repair = "monday";
  EXPECT_TRUE(memory.is_repair_due(a));
  memory = after::repaired(memory, a);
  EXPECT_FALSE(memory.is_repair_due(a));
  EXPECT_EQ(memory_from_json(to_json(memory))->repaired, "monday");
  a.repair_now = true;
  EXPECT_TRUE(memory.is_repair_due(a));
  a.repair_now = false;
  a.repair = "tuesday";
  EXPECT_TRUE(memory.is_repair_due(a));
}

// ---------------------------------------------------------------- freed

struct FreedRow {
  const char* what;
  const char *retried, *quarantined_retry, *retry;  // quarantined_retry: null when there is no quarantine of it
  bool writes, stays_held, stays_quarantined;
  friend void PrintTo(const FreedRow& row, std::ostream* out) { *out << row.what; }
};
class FreedTest : public testing::TestWithParam<FreedRow> {};

TEST_P(FreedTest, ByARetryTextThatIsNewAndByNothingElse) {
  const FreedRow& row = GetParam();
  const Assignment a = assigned("bad", row.retry);
  Memory memory = settled();
  memory.retried = row.retried;
  memory.hold(a.held_key(), "bad", 1, "bad", 1);
  if (row.quarantined_retry) memory.quarantine = Quarantine{a.held_key(), "bad", row.quarantined_retry};
  const std::optional<Memory> next = after::freed(memory, a);
  ASSERT_EQ(next.has_value(), row.writes);
  const Memory& result = next ? *next : memory;
  EXPECT_EQ(result.holds(a), row.stays_held);
  EXPECT_EQ(result.quarantine.has_value(), row.stays_quarantined);
  EXPECT_EQ(result.retried, next ? row.retry : row.retried);
}

INSTANTIATE_TEST_SUITE_P(Rows, FreedTest,
                         testing::Values(FreedRow{"NothingNew", "", nullptr, "", false, true, false},
                                         FreedRow{"ANewText", "", nullptr, "by anna", true, false, false},
                                         FreedRow{"TheSameText", "by anna", nullptr, "by anna", false, true, false},
                                         FreedRow{"TheTextIsTakenOut", "by anna", nullptr, "", true, true, false},
                                         FreedRow{"AQuarantineStands", "", "", "", false, true, true},
                                         FreedRow{"ANewTextEndsAQuarantine", "", "", "by anna", true, false, false}),
                         [](const auto& row) { return row.param.what; });

TEST(MemoryTest, AQuarantineEndsWithAnotherRevision) {
  const Memory memory = after::quarantined(settled(), assigned("bad"), 1);
  EXPECT_TRUE(memory.is_quarantined(assigned("bad")));
  EXPECT_FALSE(after::freed(memory, assigned("bad")));
  EXPECT_FALSE(memory.is_quarantined(assigned("other")));
  EXPECT_FALSE(after::freed(memory, assigned("other"))->quarantine);
}

// ---------------------------------------------------------------- recovered

struct RecoveredRow {
  const char* what;
  Recovered::Did did;
  const char *run, *base_run;  // of the answer
  bool has_changes, runs_next, moved;
  friend void PrintTo(const RecoveredRow& row, std::ostream* out) { *out << row.what; }
};
class RecoveredTest : public testing::TestWithParam<RecoveredRow> {};

// A process died after run-1 was in flight and before anything was recorded of it.
TEST_P(RecoveredTest, IsRemembered) {
  const RecoveredRow& row = GetParam();
  const Memory memory = after::locking(settled(), "run-1", briefed("next"));
  Recovered found;
  found.did = row.did;
  found.run = row.run;
  found.base_run = row.base_run;
  found.base_revision = row.runs_next ? "next" : "good";
  if (row.has_changes) found.changes.add(Change());
  const Memory after_it = after::recovered(memory, found, briefed("next"), "merge", 1);
  EXPECT_EQ(after_it.running->revision, row.runs_next ? "next" : "good");
  EXPECT_EQ(after_it.unverified.size(), row.runs_next ? 1u : 0u);
  ASSERT_TRUE(after_it.in_flight);
  EXPECT_EQ(after_it.in_flight->moved, row.moved);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, RecoveredTest,
    testing::Values(RecoveredRow{"NothingWasDone", Recovered::Did::nothing, "run-1", "run-0", false, false, false},
                    RecoveredRow{"AnApplyWasFinished", Recovered::Did::finished, "run-1", "run-1", true, true, true},
                    RecoveredRow{"AnApplyWasUndone", Recovered::Did::undone, "run-1", "run-0", true, false, true},
                    RecoveredRow{"ItWasCompleteAlready", Recovered::Did::nothing, "run-1", "run-1", false, true, true}),
    [](const auto& row) { return row.param.what; });

TEST(MemoryTest, ARunThatWasRecordedIsNotRecordedTwice) {
  Recovered found;
  found.did = Recovered::Did::finished;
  found.run = found.base_run = "run-1";
  const Memory next = after::recovered(doubted(), found, briefed("next"), "merge", 1);
  EXPECT_EQ(next.unverified, std::vector<std::string>{"run-1"});
}

TEST(MemoryTest, StagedFilesOfAnApplyThatMayHaveBegunAreNotTakenUpAgain) {
  Memory memory = after::staged(settled(), "run-1", "digest", "key");
  EXPECT_FALSE(memory.waiting_has_begun());
  memory = after::locking(std::move(memory), "run-1", briefed("next"));
  EXPECT_FALSE(memory.waiting_has_begun());
  memory = after::locked(std::move(memory), assigned("next"), {});
  EXPECT_TRUE(memory.waiting_has_begun());
  EXPECT_FALSE(after::recovered(memory, Recovered(), briefed("next"), "merge", 1).waiting);
}

// ---------------------------------------------------------------- what is on disk

TEST(MemoryTest, WhatIsOnDiskIsJudgedUnderTheNameItWasAppliedUnder) {
  Memory memory = doubted();
  Briefing now = briefed("newer");
  now.assignment.profile.name = "other";
  memory.in_flight->assignment.profile.name = "as applied";
  Facts facts;
  facts.role = Role::master;
  const Briefing disk = on_disk(memory, now, facts);
  EXPECT_EQ(disk.assignment.revision, "next");
  EXPECT_EQ(disk.assignment.profile.name, "as applied");
  EXPECT_EQ(disk.facts, facts);
  memory.in_flight.reset();
  EXPECT_EQ(on_disk(memory, now, facts).assignment.profile.name, "other");
  EXPECT_EQ(on_disk(memory, now, facts).assignment.revision, "next");
}

TEST(MemoryTest, WhatIsAppliedToAGatewayThatCannotBeAskedSaysSo) {
  EXPECT_EQ(running_of(briefed("r", GatewayState::down), "run", 1).applied_while, GatewayState::down);
  EXPECT_EQ(running_of(briefed("r", GatewayState::faulted), "run", 1).applied_while, GatewayState::faulted);
  EXPECT_EQ(running_of(briefed("r"), "run", 1).applied_while, GatewayState::unknown);
  Memory memory = settled();
  memory.running = running_of(briefed("r", GatewayState::down), "run", 1);
  EXPECT_EQ(after::state_seen(memory).running->applied_while, GatewayState::unknown);
}

struct DoneRow {
  const char* what;
  std::function<void(Memory&, Briefing&)> change;
  bool done;
  friend void PrintTo(const DoneRow& row, std::ostream* out) { *out << row.what; }
};
class DoneTest : public testing::TestWithParam<DoneRow> {};

TEST_P(DoneTest, OnlyWhenTheSameRunsAndIsVerified) {
  Memory memory = settled();
  Briefing briefing = briefed("good");
  GetParam().change(memory, briefing);
  EXPECT_EQ(memory.is_done(briefing, "merge", "verify-a"), GetParam().done);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, DoneTest,
    testing::Values(DoneRow{"TheSame", [](Memory&, Briefing&) {}, true},
                    DoneRow{"ARepairIsDue", [](Memory&, Briefing& b) { b.assignment.repair = "monday"; }, false},
                    DoneRow{"AnotherRevision", [](Memory&, Briefing& b) { b.assignment.revision = "x"; }, false},
                    DoneRow{"AnotherVar", [](Memory&, Briefing& b) { b.assignment.profile.vars["a"] = "b"; }, false},
                    DoneRow{"AnotherRole", [](Memory&, Briefing& b) { b.facts.role = Role::backup; }, false},
                    DoneRow{"AnotherSync", [](Memory&, Briefing& b) { b.assignment.sync = "x"; }, false},
                    DoneRow{"AnotherStrategy", [](Memory& m, Briefing&) { m.strategy = "x"; }, false},
                    DoneRow{"EverythingIsLookedAt", [](Memory&, Briefing& b) { b.scan_all = true; }, false},
                    DoneRow{"InFlight", [](Memory& m, Briefing&) { m.in_flight = InFlight(); }, false},
                    DoneRow{"Unverified", [](Memory& m, Briefing&) { m.unverified = {"run-1"}; }, false}),
    [](const auto& row) { return row.param.what; });

}  // namespace
}  // namespace stoker::host
