// A Run stopped at every one of its system calls: by a kill, by a full disk, by a bad one, by a signal and by a short
// write. Whatever the stop was, the next process must find a whole revision and get on from there.
#include "tests/crash/site.hpp"

#include <cstdlib>
#include <iostream>

namespace crash {
namespace {

using Calls = std::vector<Seen>;

// What a process does while it is stopped.
struct Course {
  const char* name;
  std::function<void(Site&)> prepare, body;
  std::function<bool(const Calls&, const Seen&)> counts;  // else the call is another course's
  std::function<Expected(const Calls&, const Place&)> expected;
};

bool before(const Place& place, const Calls& calls, Phase phase) {
  const auto first = std::find_if(calls.begin(), calls.end(), [&](const Seen& s) { return s.phase == phase; });
  return first == calls.end() || place < first->place;
}

bool after(const Place& place, const Calls& calls, Phase phase) {
  const auto last = std::find_if(calls.rbegin(), calls.rend(), [&](const Seen& s) { return s.phase == phase; });
  return last != calls.rend() && place > last->place;
}

const Course courses[] = {
    {"Forward", [](Site& site) { site.restore(); }, [](Site& site) { OneRun(site, "r2").run(); },
     [](const Calls&, const Seen&) { return true; },
     [](const Calls& calls, const Place& at) {
       Expected expected;
       expected.may_be_new = !before(at, calls, Phase::apply);
       expected.may_be_old = !after(at, calls, Phase::apply);
       return expected;
     }},
    {"Back", [](Site& site) { site.restore(); }, [](Site& site) { OneRun(site, "r2").run(true); },
     [](const Calls& calls, const Seen& seen) { return after(seen.place, calls, Phase::apply); },
     [](const Calls& calls, const Place& at) {
       Expected expected;
       expected.may_hold = true;
       expected.may_be_new = before(at, calls, Phase::revert);
       return expected;
     }},
    {"First", [](Site& site) { site.empty(); }, [](Site& site) { OneRun(site, "r2").run(); },
     [](const Calls&, const Seen&) { return true; },
     [](const Calls& calls, const Place& at) {
       Expected expected;
       expected.fresh = true;
       expected.may_be_new = !before(at, calls, Phase::apply);
       expected.may_be_old = !after(at, calls, Phase::apply);
       return expected;
     }},
};

struct Kind {
  const char* name;
  Stop::Kind kind;
  int error;
  bool applies(const SystemCall& call) const {
    switch (kind) {
      case Stop::Kind::kill_after: return call.changes();
      case Stop::Kind::fail: return call.may_fail_with(error);
      case Stop::Kind::shorten: return call.may_be_short();
      default: return true;
    }
  }
  bool kills() const { return kind == Stop::Kind::kill_before || kind == Stop::Kind::kill_after; }
  bool must_succeed() const { return kind == Stop::Kind::shorten || error == EINTR; }
};

const Kind kinds[] = {{"KilledBefore", Stop::Kind::kill_before, 0}, {"KilledAfter", Stop::Kind::kill_after, 0},
                      {"NoSpace", Stop::Kind::fail, ENOSPC},        {"BadDisk", Stop::Kind::fail, EIO},
                      {"Interrupted", Stop::Kind::fail, EINTR},     {"ShortWrite", Stop::Kind::shorten, 0}};

std::string place_of(const Seen& seen) {
  return std::string(name(seen.phase)) + " " + std::to_string(seen.place.section) + "." +
         std::to_string(seen.place.call) + " " + seen.call.name();
}

class CrashTest : public ::testing::TestWithParam<std::tuple<int, int>> {
 protected:
  static Site& site() {
    static Site one;
    return one;
  }
  static const Course& course() { return courses[std::get<0>(GetParam())]; }
  static const Kind& kind() { return kinds[std::get<1>(GetParam())]; }

  Calls all_calls() {
    course().prepare(site());
    site().account() = Account();
    const Trace trace = run_traced([&] { course().body(site()); }, Stop());
    EXPECT_TRUE(site().account().ended);
    EXPECT_EQ(site().account().failed_in, Phase::none) << site().account().error;
    return trace.calls;
  }
  void stop_at(const Calls& calls, const Seen& seen) {
    course().prepare(site());
    site().account() = Account();
    Stop stop;
    stop.kind = kind().kind;
    stop.at = seen.place;
    stop.error = kind().error;
    const Trace trace = run_traced([&] { course().body(site()); }, stop);
    ASSERT_TRUE(trace.stopped) << "was not reached: the calls of a Run are not the same each time";
    Expected expected = course().expected(calls, seen.place);
    const Account said = site().account();
    if (kind().kills()) {
      ASSERT_TRUE(trace.killed());
    } else {
      ASSERT_TRUE(said.ended) << "status " << trace.status;
      const bool failed = said.failed_in != Phase::none;
      expected.may_be_old = failed || std::string_view(course().name) == "Back";
      expected.may_be_new = !failed || expected.may_be_new;
      EXPECT_FALSE(failed && kind().must_succeed()) << "failed in " << name(said.failed_in) << ": " << said.error;
    }
    ASSERT_TRUE(site().in_process([&] { succeed(site(), expected); })) << "the next process died";
    const std::string_view complaint = site().account().complaint;
    EXPECT_TRUE(complaint.empty()) << complaint << "    it had failed in " << name(said.failed_in) << ": "
                                   << said.error;
  }
};

// pitfalls P04, P05; run.md 7
TEST_P(CrashTest, EveryStopLeavesAWholeRevisionAndTheNextRunConverges) {
  const Calls calls = all_calls();
  std::map<Phase, int> stops;
  int total = 0;
  for (const Seen& seen : calls) {
    if (!course().counts(calls, seen) || !kind().applies(seen.call)) continue;
    SCOPED_TRACE(place_of(seen));
    stop_at(calls, seen);
    ++stops[seen.phase];
    ++total;
    if (::testing::Test::HasFatalFailure()) break;
    const auto* result = ::testing::UnitTest::GetInstance()->current_test_info()->result();
    if (result->total_part_count() > 10) break;
  }
  std::string line;
  for (const auto& [phase, count] : stops) line += " " + std::string(name(phase)) + " " + std::to_string(count);
  std::cout << course().name << " " << kind().name << ": " << total << " of " << calls.size()
            << " calls stopped:" << line << std::endl;
  RecordProperty("stops", total);
  EXPECT_GT(total, 0);
}
INSTANTIATE_TEST_SUITE_P(Of, CrashTest, ::testing::Combine(::testing::Range(0, 3), ::testing::Range(0, 6)),
                         [](const auto& one) {
                           return std::string(courses[std::get<0>(one.param)].name) +
                                  kinds[std::get<1>(one.param)].name;
                         });

}  // namespace
}  // namespace crash
