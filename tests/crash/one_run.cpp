// The process that is stopped; see one_run.hpp.
#include "tests/crash/one_run.hpp"

namespace crash {

namespace host = stoker::host;
using stoker::Error;
using stoker::merge::testing::Answer;
using stoker::merge::testing::RevisionView;

namespace {

Result<void> result_of(const Answer& answer) {
  if (answer.ok()) return {};
  return answer.error.message.empty() ? Error(stoker::errc::internal, "said nothing") : answer.error;
}

}  // namespace

bool OneRun::step(Phase phase, const std::function<Result<void>()>& body) {
  mark(phase);
  auto done = body();
  mark(Phase::none);
  if (!done && site_.account().failed_in == Phase::none) site_.account().fail(phase, done.error());
  return static_cast<bool>(done);
}

bool OneRun::remember(const std::function<void(host::Memory&)>& change) {
  host::Memory next = memory_->now();
  change(next);
  return step(Phase::memory, [&] { return memory_->write(std::move(next)); });
}

bool OneRun::open() {
  const bool opened = step(Phase::open, [&]() -> Result<void> {
    auto memory = host::TargetMemory::open(site_.data());
    if (!memory) return std::move(memory).error();
    memory_.emplace(std::move(memory).value());
    return {};
  });
  if (opened) strategy_.emplace(site_.data(), "none");
  return opened;
}

bool OneRun::plan_and_stage() {
  const host::Assignment a = Site::assignment(revision_);
  if (!step(Phase::memory, [&] { return memory_->assign(a); })) return false;
  const RevisionView view(site_.source(), revision_);
  const Answer planned = strategy_->plan(id, document_of(Site::briefing(revision_)), view);
  if (!planned.ok()) throw std::runtime_error(planned.error.message);
  if (!step(Phase::stage, [&] { return result_of(strategy_->stage(id, view)); })) {
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
    return false;
  }
  const bool waits = remember([&](host::Memory& m) { m.waiting = host::Waiting{id, "digest", a.held_key()}; });
  return waits && remember([&](host::Memory& m) {
           m.in_flight = host::InFlight{id, a, {}, false, false};
         }) &&
         remember([&](host::Memory& m) { m.in_flight->moved = true; });
}

// What failed is taken back by its own journal, and remembered as over.
bool OneRun::apply() {
  Answer applied;
  if (step(Phase::apply, [&] { return result_of(applied = strategy_->apply(id)); })) return true;
  if (applied.status == STOKER_E_CONFLICT) return false;
  site_.account().turned_back = true;
  if (!step(Phase::revert, [&] { return result_of(strategy_->revert(id)); })) return false;
  if (remember([&](host::Memory& m) {
        m.in_flight.reset();
        m.waiting.reset();
      }))
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
  return false;
}

void OneRun::run(bool bad) {
  const host::Assignment a = Site::assignment(revision_);
  host::Running running{a.revision,
                        a.ref,
                        Site::briefing(revision_).inputs(),
                        a.vars_digest(),
                        a.held_key(),
                        id,
                        false,
                        host::GatewayState::unknown,
                        1,
                        host::Role::independent,
                        std::nullopt};
  const bool applied = open() && plan_and_stage() && apply() && remember([&](host::Memory& m) {
                         m.strategy = "strategy-merge";
                         m.unverified.push_back(id);
                         m.running = running;
                         m.waiting.reset();
                       });
  if (applied && bad) {
    take_back();
  } else if (applied && remember([&](host::Memory& m) {
               running.settled = true;
               m.running = m.good = running;
               m.sync = a.sync;
               m.unverified.clear();
               m.in_flight.reset();
             })) {
    step(Phase::forget, [&] { return result_of(strategy_->forget(id)); });
  }
  site_.account().ended = true;
}

void OneRun::take_back() {
  const host::Assignment a = Site::assignment(revision_);
  const bool held = remember([&](host::Memory& m) {
    m.hold(a.held_key(), a.revision, a.token, "bad", 1);
    m.in_flight->go_back = true;
  });
  if (!held || !step(Phase::revert, [&] { return result_of(strategy_->revert(id)); })) return;
  if (remember([&](host::Memory& m) {
        m.running = m.good;
        m.unverified.clear();
        m.in_flight->go_back = false;
      }))
    remember([&](host::Memory& m) { m.in_flight.reset(); });
}

void OneRun::recover() {
  if (open() && step(Phase::recover, [&] { return result_of(strategy_->recover(id)); }))
    remember([&](host::Memory& m) { m.history.push_back("recovered"); });
  site_.account().ended = true;
}

}  // namespace crash
