// SPDX-License-Identifier: Apache-2.0
// Verifier and Plan: the base class of a plugin that asks a gateway before, around and after a change.
//
// Concept. A verifier knows how to ask a gateway for its state, what must not be changed, how to make the gateway load
// files, and how to see that it is healthy. A Plan is the list of changes of one Run, as the host shows it. A baseline
// is what was bad before the change; `verify` judges only what is worse. A ticket is a text that `lock` returns; the
// host stores it on disk and hands it to `verify` and `unlock`, possibly in another process. So a verifier keeps
// nothing in memory between two calls.
//
// Order in a Run: `observe`, `admit`, `observe`, `lock`, (the strategy's apply), `verify`, which gives the lock back;
// else `unlock`. The C side of the contract, with all details, is stoker/abi/verifier.h.
#pragma once

#include <stoker/instance.hpp>

#include <functional>
#include <type_traits>

namespace stoker {

// The changes of a Run, for the call that got it. Use it only on the thread of that call.
class Plan {
 public:
  explicit Plan(const stoker_plan* plan) : plan_(plan) {}
  // 0 in `verify`: nothing was changed; judge everything below the destinations of the assignment's mappings.
  std::uint64_t changes_count() const { return plan_->changes_count; }
  // The name of the Run, and a digest of the changes; valid as long as the Plan.
  std::string_view run() const { return view(plan_->run); }
  std::string_view digest() const { return view(plan_->digest); }
  // Calls `each` for each change, in order. An Error of `each` ends it and is returned. In `verify` these are the
  // changes of all Runs that were never verified, oldest Run first, so a path may come twice: the last one counts.
  // After a recovery or a revert the files that were finished or put back are among them.
  Result<void> changes(const std::function<Result<void>(Change)>& each) const {
    auto into =
        glue::collect<stoker_change, stoker_change_sink>([&](const stoker_change& c) { return each(from_record(c)); });
    return into.ended(plan_->changes(plan_, into.sink()), "changes");
  }
  // Calls `each` for each piece of the content that the plan would write at `path`; a piece is valid until `each`
  // returns. Blocks. Works in `admit` only, also from within `changes`. In `lock` and `verify` it fails with
  // errc::not_found; in `verify` the content is in the live files.
  Result<void> content(std::string_view path, const std::function<Result<void>(std::string_view)>& each) const {
    auto into = glue::collect_bytes([&](std::string_view bytes) { return each(bytes); });
    return into.ended(plan_->content(plan_, str(path), into.sink()), path);
  }
  // The tree of the revision: the files below `under`, and the bytes of one. As Tree's own (stoker/source.hpp). In
  // `admit`, `lock` and `verify`, while a tree is open. Else errc::not_found: after a recovery, around a revert, and
  // for what an earlier Run applied.
  Result<void> list(std::string_view under, const std::function<Result<void>(File)>& each) const {
    auto into =
        glue::collect<stoker_file, stoker_file_sink>([&](const stoker_file& f) { return each(from_record(f)); });
    return into.ended(plan_->list(plan_, str(under), into.sink()), under);
  }
  Result<void> read(std::string_view path, const std::function<Result<void>(std::string_view)>& each) const {
    auto into = glue::collect_bytes([&](std::string_view bytes) { return each(bytes); });
    return into.ended(plan_->read(plan_, str(path), into.sink()), path);
  }

 private:
  const stoker_plan* plan_;
};

// The base class. A class overrides those of the functions below that it needs, at least one. The host skips the
// others. Write `override` after each: then a misspelt name or a wrong argument does not compile. A function that is
// private, overloaded, or of another signature does not compile either, with or without `override`. A class with `lock`
// needs `verify` and `unlock` too.
//
// One instance for each target and module. All functions run on a worker, may block, and come one at a time. The
// arguments are valid until the function returns. `assignment` is a JSON document (docs/documents.md). "Cancelled": by
// a newer assignment or by shutdown (`diagnose`, `probe`: when the command is stopped); return errc::cancelled. "Ends
// as failed": as for a Strategy.
class Verifier {
 public:
  static constexpr std::string_view kind = STOKER_VERIFIER_ID;
  virtual ~Verifier() = default;

  // Puts one JSON object with the facts of the target: "state" (down, starting, commissioning, running or faulted),
  // and, if known, "role", "active" (this node of a pair is the one at work), "version", "started", "hold": {"name",
  // "reason"}. "down" means that the connection was refused, and nothing else; a time-out, an unknown name or a TLS
  // failure is an Error. "starting", "commissioning" and a "hold" end the Run as held. Also called between Runs, once
  // in each sync period. Deadline 15 s, cancelled. An Error ends as failed.
  virtual Result<void> observe(Call&, std::string_view assignment, const Text& facts);

  // May this plan be applied? Puts exactly one Decision: allow, hold or refuse. Changes nothing; a dry run asks too.
  // The target may be down: allow what cannot be asked. Hold: the Run ends as held. Refuse: the Run ends as failed
  // and is not tried again by itself. Deadline 60 s, cancelled. An Error ends as failed.
  virtual Result<void> admit(Call&, std::string_view assignment, const Plan&, const Out<Decision>&);

  // Looks a last time, takes the baseline and the target's own lock. Puts exactly one Decision, allow or hold, and
  // with allow one ticket (text, at most 64 KiB). On hold nothing may stay locked. The assignment's "looks" false:
  // only take the lock; a recovery or a revert follows in any case. "baseline", if there, replaces the present state
  // as baseline. Deadline 45 s, cancelled unless "looks" is false. An Error: the host calls `unlock`; ends as failed.
  virtual Result<void> lock(Call&, std::string_view assignment, const Plan&, const Out<Decision>&, const Text& ticket);

  // Makes the target load what is on disk, which gives the lock back; waits for that; judges against the baseline.
  // Puts one healthy Decision, or one unhealthy Decision for each thing that is worse, or one hold when it cannot
  // judge: no rights, or the gateway does not say that it has loaded. Notes go into the Report. `detail`: at most one
  // JSON document of what is bad now; the next call without a ticket gets it as "baseline". Deadline: the
  // assignment's "deadlines.verify" (120 s) plus 15 s, cancelled. Unhealthy, or an Error that is not named here: the
  // host holds the revision and reverts what was never verified. errc::conflict (another actor holds the lock),
  // errc::unreachable (the target is down or starting), errc::cancelled after a cancel, and a hold: no verdict. The
  // host calls `unlock`, reports "applied, not verified", and asks again later: after a hold at its time.
  virtual Result<void> verify(Call&, std::string_view assignment, const Plan&, std::string_view ticket,
                              const Out<Decision>&, const Out<Note>&, const Text& detail);

  // Gives the lock back if it is ours; leaves the lock of another actor alone. May come twice, without a lock before
  // it, and with an empty ticket. Deadline 30 s, never cancelled. An Error becomes a note; the lock must run out by
  // itself.
  virtual Result<void> unlock(Call&, std::string_view assignment, std::string_view ticket);

  // For `stoker doctor`: looks at everything that Runs need from the target, and puts one Check for each. Its `name`
  // is not empty and at most 256 bytes; `text` and `remedy` at most 8 KiB each; at most 1,000 Checks. Changes
  // nothing, locks nothing. Deadline 60 s, cancelled. An Error becomes a failed Check.
  virtual Result<void> diagnose(Call&, std::string_view assignment, const Out<Check>&);

  // For `stoker doctor --probe`: finds out by trying how this target behaves. May change only what it makes itself
  // and removes again, also when it is cancelled. Deadline 10 min, cancelled. An Error becomes a failed Check.
  virtual Result<void> probe(Call&, std::string_view assignment, const Out<Check>&);

 private:
  // What Verifier's own functions answer. The host calls none of them: their place in the table is null.
  static Error not_declared() { return Error(errc::internal, "this verifier does not have the function"); }
};

inline Result<void> Verifier::observe(Call&, std::string_view, const Text&) { return not_declared(); }
inline Result<void> Verifier::admit(Call&, std::string_view, const Plan&, const Out<Decision>&) {
  return not_declared();
}
inline Result<void> Verifier::lock(Call&, std::string_view, const Plan&, const Out<Decision>&, const Text&) {
  return not_declared();
}
inline Result<void> Verifier::verify(Call&, std::string_view, const Plan&, std::string_view, const Out<Decision>&,
                                     const Out<Note>&, const Text&) {
  return not_declared();
}
inline Result<void> Verifier::unlock(Call&, std::string_view, std::string_view) { return not_declared(); }
inline Result<void> Verifier::diagnose(Call&, std::string_view, const Out<Check>&) { return not_declared(); }
inline Result<void> Verifier::probe(Call&, std::string_view, const Out<Check>&) { return not_declared(); }

namespace glue {

// Is this pointer to a member one of Verifier's own functions?
template <class Function>
constexpr bool of_verifier(Function Verifier::*) {
  return true;
}
template <class Function, class Class>
constexpr bool of_verifier(Function Class::*) {
  return false;
}

// The signature of a function of Verifier, as a member of T.
template <class T, class... Arguments>
auto as_member_of(Result<void> (Verifier::*)(Arguments...)) -> Result<void> (T::*)(Arguments...);

// `overrides_<function><T>()`: does T have this function in place of Verifier's? Does not compile when T hides
// Verifier's function by one that the host cannot call.
#define STOKER_VERIFIER_FUNCTION(function)                                                                         \
  template <class T>                                                                                               \
  consteval bool overrides_##function() {                                                                          \
    constexpr bool found = requires { &T::function; };                                                             \
    static_assert(found, "the verifier's `" #function "` is not public, or there are several of this name");       \
    if constexpr (found) {                                                                                         \
      constexpr bool fits =                                                                                        \
          std::is_convertible_v<decltype(&T::function), decltype(as_member_of<T>(&Verifier::function))>;           \
      static_assert(fits,                                                                                          \
                    "the verifier's `" #function "` does not have the signature of stoker::Verifier::" #function); \
      return !of_verifier(&T::function);                                                                           \
    }                                                                                                              \
    return false;                                                                                                  \
  }
STOKER_VERIFIER_FUNCTION(observe)
STOKER_VERIFIER_FUNCTION(admit)
STOKER_VERIFIER_FUNCTION(lock)
STOKER_VERIFIER_FUNCTION(verify)
STOKER_VERIFIER_FUNCTION(unlock)
STOKER_VERIFIER_FUNCTION(diagnose)
STOKER_VERIFIER_FUNCTION(probe)
#undef STOKER_VERIFIER_FUNCTION

template <class T>
const stoker_verifier_v1* verifier_table() {
  using V = stoker_verifier;
  using C = const stoker_call;
  static_assert(overrides_observe<T>() || overrides_admit<T>() || overrides_lock<T>() || overrides_verify<T>() ||
                    overrides_unlock<T>() || overrides_diagnose<T>() || overrides_probe<T>(),
                "the verifier has none of the functions of stoker::Verifier");
  static_assert(!overrides_lock<T>() || (overrides_verify<T>() && overrides_unlock<T>()),
                "a verifier with `lock` needs `verify` and `unlock` too");
  static const stoker_verifier_v1 table = [] {
    stoker_verifier_v1 t{};
    t.struct_size = sizeof t;
    t.create = &create<T, V>;
    t.destroy = &destroy<T, V>;
    if constexpr (overrides_observe<T>()) {
      t.observe = [](V* self, C* call, stoker_str assignment, stoker_text_sink facts) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).observe(c, view(assignment), Text(facts));
        });
      };
    }
    if constexpr (overrides_admit<T>()) {
      t.admit = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan,
                   stoker_decision_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).admit(c, view(assignment), Plan(plan), Out<Decision>(out));
        });
      };
    }
    if constexpr (overrides_lock<T>()) {
      t.lock = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan, stoker_decision_sink out,
                  stoker_text_sink ticket) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).lock(c, view(assignment), Plan(plan), Out<Decision>(out), Text(ticket));
        });
      };
    }
    if constexpr (overrides_verify<T>()) {
      t.verify = [](V* self, C* call, stoker_str assignment, const stoker_plan* plan, stoker_str ticket,
                    stoker_decision_sink out, stoker_note_sink notes, stoker_text_sink detail) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).verify(c, view(assignment), Plan(plan), view(ticket), Out<Decision>(out),
                                          Out<Note>(notes), Text(detail));
        });
      };
    }
    if constexpr (overrides_unlock<T>()) {
      t.unlock = [](V* self, C* call, stoker_str assignment, stoker_str ticket) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).unlock(c, view(assignment), view(ticket));
        });
      };
    }
    if constexpr (overrides_diagnose<T>()) {
      t.diagnose = [](V* self, C* call, stoker_str assignment, stoker_check_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).diagnose(c, view(assignment), Out<Check>(out));
        });
      };
    }
    if constexpr (overrides_probe<T>()) {
      t.probe = [](V* self, C* call, stoker_str assignment, stoker_check_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).probe(c, view(assignment), Out<Check>(out));
        });
      };
    }
    return t;
  }();
  return &table;
}

template <class T>
requires std::derived_from<T, Verifier>
const void* table_of(std::string_view id) { return id == Verifier::kind ? verifier_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
