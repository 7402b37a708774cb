// The courses; see courses.hpp.
#include "tests/crash/courses.hpp"

#include "tests/crash/one_run.hpp"

#include <algorithm>

namespace crash {
namespace {

bool before(const Place& place, const Calls& calls, Phase phase) {
  const auto first = std::find_if(calls.begin(), calls.end(), [&](const Seen& s) { return s.phase == phase; });
  return first == calls.end() || place < first->place;
}

bool after(const Place& place, const Calls& calls, Phase phase) {
  const auto last = std::find_if(calls.rbegin(), calls.rend(), [&](const Seen& s) { return s.phase == phase; });
  return last != calls.rend() && place > last->place;
}

// The rename in the middle of a phase.
Place middle_rename(const Calls& calls, Phase phase) {
  std::vector<Place> renames;
  for (const Seen& seen : calls)
    if (seen.phase == phase && seen.call.name() == "renameat2") renames.push_back(seen.place);
  return renames.at(renames.size() / 2);
}

void run(Site& site) { OneRun(site, "r2").run(); }
void run_and_go_back(Site& site) { OneRun(site, "r2").run(true); }
void recover(Site& site) { OneRun(site, "r2").recover(); }

// A process that was killed in the middle of a phase.
void killed_in(Site& site, void (*body)(Site&), Phase phase, Left left) {
  const std::string kept = "killed in " + std::string(name(phase));
  if (left == Left::copied && site.keeps(kept)) return site.restore(kept);
  static std::map<Phase, Place> places;
  site.restore();
  if (!places.contains(phase)) {
    places[phase] = middle_rename(run_traced([&] { body(site); }, Stop()).calls, phase);
    site.restore();
  }
  Stop stop;
  stop.kind = Stop::Kind::kill_before;
  stop.at = places[phase];
  if (!run_traced([&] { body(site); }, stop).killed()) throw std::runtime_error("was not killed");
  if (!site.keeps(kept)) site.keep(kept);
}

bool all(const Calls&, const Seen&) { return true; }

Expected one_of_both(const Account&) { return {}; }
Expected new_unless_failed(const Account& said) {
  Expected expected;
  expected.may_be_old = said.failed_in != Phase::none;
  return expected;
}
Expected old_and_held(const Account&) {
  Expected expected;
  expected.may_be_new = false;
  expected.may_hold = true;
  return expected;
}

Expected by_apply(const Calls& calls, const Place& at) {
  Expected expected;
  expected.may_be_new = !before(at, calls, Phase::apply);
  expected.may_be_old = !after(at, calls, Phase::apply);
  return expected;
}

}  // namespace

const Course courses[courses_count] = {
    {"Run", [](Site& site, Left) { site.restore(); }, run, all, by_apply, new_unless_failed},
    {"GoingBack", [](Site& site, Left) { site.restore(); }, run_and_go_back,
     [](const Calls& calls, const Seen& seen) { return after(seen.place, calls, Phase::apply); },
     [](const Calls& calls, const Place& at) {
       Expected expected;
       expected.may_hold = true;
       expected.may_be_new = before(at, calls, Phase::revert);
       return expected;
     },
     [](const Account&) {
       Expected expected;
       expected.may_hold = true;
       return expected;
     }},
    {"RecoverOfAnApply", [](Site& site, Left left) { killed_in(site, run, Phase::apply, left); }, recover, all,
     [](const Calls&, const Place&) { return Expected(); }, one_of_both},
    {"RecoverOfARevert", [](Site& site, Left left) { killed_in(site, run_and_go_back, Phase::revert, left); }, recover,
     all, [](const Calls&, const Place&) { return old_and_held({}); }, old_and_held},
    // only what a first Run does and no other: the lock, the memory, the records are made
    {"FirstRun", [](Site& site, Left) { site.empty(); }, run,
     [](const Calls& calls, const Seen& seen) {
       const auto first = std::find_if(calls.begin(), calls.end(), [](const Seen& s) {
         return s.phase == Phase::stage && s.call.name() == "write";
       });
       return seen.place < first->place;
     },
     [](const Calls& calls, const Place& at) {
       Expected expected = by_apply(calls, at);
       expected.fresh = true;
       return expected;
     },
     [](const Account& said) {
       Expected expected = new_unless_failed(said);
       expected.fresh = true;
       return expected;
     }},
};

bool recovers(const Course& course) { return course.body == recover; }

}  // namespace crash
