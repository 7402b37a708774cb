// What Stoker remembers of one target, as a value. TargetMemory keeps it on the target's own volume. The functions
// below in `after` say how it changes: each takes a memory and gives the next one, and touches nothing else. A Run
// decides which of them comes next and writes what it gives. [any thread]
//
// Concept: how long each part lives.
//
//   running     what lies on disk as far as we know: written when a Run has applied, before anything is judged. It says
//               `settled` once the gateway has loaded it and was judged healthy, or when nobody can judge it because no
//               verifier of the target verifies. Only the first is called verified.
//   good        the last `running` that was settled. A rollback ends there.
//   unverified  the Runs that were applied since `good`, oldest first. A rollback takes them back, newest first. Empty
//               again when a state is verified, or when they were taken back.
//   in_flight   a Run that may have changed live files and was not judged since. Written before the gateway is locked,
//               so that a process that dies at any later point leaves a trace. It goes when the gateway has reloaded
//               after our last rename and was judged, or when the Run was recorded as applied and nobody could judge
//               it. Then its tickets are gone, and a later look compares with `last_detail`. While it stands, a later
//               Run takes over its tickets, which say how the gateway was before.
//   waiting     files that were staged by a Run that was then held. The next Run of the same work takes them up; any
//               other forgets them first. One at most. Cleared when the Run is applied.
//   held        revisions that proved bad on this target. They are not applied again until a person asks for a retry,
//               or until they are verified after all. They survive newer revisions and restarts.
//   quarantine  a rollback did not end well: somebody has to look at the gateway. Nothing is applied until the retry
//               text, the revision or its inputs change, or a state is verified.
//   overwritten somebody replaced files of the newest Run before it was verified. The next Run puts them back, once;
//               when they are replaced again nothing more is done until a person asks for a retry, or other work comes.
//               Cleared when a state is verified.
//   adopted     the gateway ran with files of its own before our first apply, so taking our files away leads back to
//               something that worked. Never cleared.
#pragma once

#include "host/calls/strategy_instance.hpp"
#include "host/values/briefing.hpp"

namespace stoker::host {

struct Running {
  std::string revision, ref, inputs, vars, key, run;
  bool settled = false;  // nothing is waited for any more
  // down or faulted: it was applied to a gateway that could not be asked, and is not judged while it is still so.
  GatewayState applied_while = GatewayState::unknown;
  std::int64_t since_ms = 0;
  Role role = Role::independent;  // of the gateway then
  // The verifiers that judged it, and the gateway that they asked; empty: nobody did. No value: an older program wrote
  // it, and did not say who.
  std::optional<std::string> judged_by;

  bool verified() const { return settled && (!judged_by || !judged_by->empty()); }
};

struct InFlight {
  std::string run;
  Assignment assignment;
  std::map<std::string, std::string> tickets;  // verifier → ticket
  bool go_back = false;                        // judged bad: a process that finds this goes on with the rollback
  bool moved = false;                          // a live file may have changed
};

struct Quarantine {
  std::string key, revision, retry;
};

struct Waiting {
  std::string run, plan_digest, key;
};

struct Held {
  std::string key, revision, error;
  std::uint64_t token = 0;
  std::int64_t since_ms = 0;
};

struct Overwritten {
  std::string key, by;  // of the work; the first file and who replaced it
  bool again = false;   // after it had been put back
};

struct Memory {
  Memory() = default;  // no aggregate: see host/base/async.hpp

  static constexpr std::size_t error_bytes_max = 1024;  // of what is held
  static constexpr std::size_t held_max = 20, history_max = 10;

  std::string sync, strategy;
  std::optional<Role> role;  // what the gateway last said: one that is down does not say it, and still is it
  std::optional<Running> running, good;
  bool adopted = false;
  std::vector<std::string> unverified;
  std::optional<InFlight> in_flight;
  std::optional<Quarantine> quarantine;
  std::optional<Overwritten> overwritten;
  std::string retried, repaired;  // the texts of retry and repair that were acted on
  std::optional<Waiting> waiting;
  std::vector<Held> held;                          // oldest first
  std::map<std::string, std::string> last_detail;  // verifier → detail of the last verified look
  std::vector<std::string> history;                // one line each, oldest first

  bool holds(const Assignment& assignment) const { return holds(assignment.held_key()); }
  bool holds(const std::string& key) const;
  std::string why_held(const std::string& key) const;
  bool is_quarantined(const Assignment& assignment) const;
  // Its files were replaced again after they had been put back.
  bool drifts(const Assignment& assignment) const;
  // Nothing is in flight and what runs is settled.
  bool sure() const { return running && running->settled && !in_flight && unverified.empty(); }
  // The same, and it was judged by those who would judge it now (Target::judges).
  bool sure_for(const std::string& judges) const {
    return sure() && (!running->judged_by || *running->judged_by == judges);
  }
  std::map<std::string, std::string> tickets() const;  // of what is in flight
  // Nobody judged what may have changed: what is bad now may come from it, and is no baseline for the next change.
  bool doubtful() const { return !unverified.empty() || (in_flight && in_flight->moved); }
  // What is to be done is done: the same revision, inputs and vars run and are settled.
  bool is_done(const Briefing& briefing, const std::string& strategy_module, const std::string& judges) const;
  // A bad state can be taken back: there is a verified or adopted one before it, and the Sync wants it.
  bool can_go_back(const Assignment& assignment) const { return (good || adopted) && assignment.auto_rollback; }
  // Somebody asked that what was changed at the target is put back, and no Run has done that yet.
  bool is_repair_due(const Assignment& assignment) const {
    return assignment.repair_now || (!assignment.repair.empty() && assignment.repair != repaired);
  }
  // The waiting files belong to the apply in flight, which may have used some of them: they are not taken up again.
  bool waiting_has_begun() const;

  void hold(const std::string& key, const std::string& revision, std::uint64_t token, std::string_view error,
            std::int64_t now_ms);
  void release(const std::string& key);
};

// ---------------------------------------------------------------- what is on disk

Running running_of(const Briefing& briefing, std::string run, std::int64_t now_ms);
// What lies on disk, to be judged under the name that it was applied under. Mappings are those of the Run in flight, if
// it is that; else those of `assigned`. There is something running.
Briefing on_disk(const Memory& memory, const Briefing& assigned, const Facts& facts);

// ---------------------------------------------------------------- transitions
// The memory after what the name says.
namespace after {

Memory role_seen(Memory memory, Role role);
// The gateway was seen in another state than the one it was changed in: it can be judged again.
Memory state_seen(Memory memory);
// A retry text acts once: it frees the assignment when it is first seen. A quarantine of something else ends. What was
// overwritten is found again by the look at all unverified Runs, and counts anew for other work and after a retry.
// Nothing: none of this is so.
std::optional<Memory> freed(const Memory& memory, const Assignment& assignment);

// A Run looked at every file of the target and put back what was changed.
Memory repaired(Memory memory, const Assignment& assignment);
Memory staged(Memory memory, const std::string& run, const std::string& plan_digest, const std::string& key);
Memory waits_no_more(Memory memory);

// The gateway is about to be locked for `run`.
Memory locking(Memory memory, const std::string& run, const Briefing& briefing);
// It was not locked, or apply did nothing: this Run is not in flight any more. `earlier` is what was in flight before
// it (renames that nobody judged), or nothing.
Memory stepped_back(Memory memory, const std::string& run, std::optional<InFlight> earlier);
// It is locked, and renames may happen from now on. A ticket that stands is not replaced by a later one.
Memory locked(Memory memory, const Assignment& assignment, std::map<std::string, std::string> tickets);

Memory applied(Memory memory, Running running, const std::string& strategy, std::int64_t now_ms);
// The plan was empty and what runs is settled: the same files are the new revision.
Memory unchanged(Memory memory, const std::string& sync, Running running);
// It was judged healthy by `running.judged_by`, or nobody can judge it.
Memory settled(Memory memory, const std::string& sync, const std::string& strategy, Running running,
               std::map<std::string, std::string> details, std::int64_t now_ms);
Memory nothing_in_flight(Memory memory);
// The gateway is healthy, but files of the newest Run are not as it left them.
Memory overwritten(Memory memory, const std::string& key, std::string by);

// Apply did not come through. The revision is held unless the fault may pass or is one of the place.
Memory apply_failed(Memory memory, const Assignment& assignment, const Error& why, std::int64_t now_ms);
// What is on disk, `judged`, is bad. Held: what was assigned when that is what was judged, and what is on disk. With a
// state to go back to, the rollback is in flight: `run` names it when nothing else is.
Memory condemned(Memory memory, const std::string& run, const Assignment& judged, const Assignment& assigned,
                 std::string_view why, std::int64_t now_ms);
// The unverified Runs were taken back; nobody judged the result yet.
Memory reverted(Memory memory, const std::string& run, const Assignment& judged);
// What was put back was judged by these (empty: by nobody).
Memory revert_verified(Memory memory, std::map<std::string, std::string> details, const std::string& judges);
Memory quarantined(Memory memory, const Assignment& assigned, std::int64_t now_ms);

// What the strategy found and did when it recovered; `found.run` is the Run that it is about. `begun`: what that was to
// do.
Memory recovered(Memory memory, const Recovered& found, const Briefing& begun, const std::string& strategy,
                 std::int64_t now_ms);

}  // namespace after

// ---------------------------------------------------------------- the document

std::string to_json(const Memory& memory);
Result<Memory> memory_from_json(std::string_view text);

}  // namespace stoker::host
