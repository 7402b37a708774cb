// Where controller and agents meet, and the only thing that they share: the controller puts each target's Assignment
// here and reads the last Report; the agent takes the newest Assignment and gives Reports back. Neither knows the
// other.
//
// It is level-based: what counts is the newest Assignment and the last Report of a target, not how often they changed.
// Every function may wait and may fail, because a database or a cluster can stand behind it:
//   conflict     a newer Assignment is there already; the caller reads again and decides anew
//   unreachable  what stands behind it does not answer; the caller tries again later, nothing is lost
// [event loop]
#pragma once

#include "host/base/async.hpp"
#include "host/values/assignment.hpp"
#include "host/values/target_conditions.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stoker::host {

// What people ask of one target, beside its Sync.
struct TargetWishes {
  bool paused = false;
  std::string paused_by, paused_because;
  std::string retry;         // each new text asks for one
  TargetWishes() = default;  // no aggregate: see host/base/async.hpp
  bool operator==(const TargetWishes&) const = default;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  // ---- the controller's side
  // Replaces the target's Assignment. conflict: the one that is there has a higher token.
  virtual Async<void> put(Assignment assignment) = 0;
  // The target's last Report that was acknowledged, if there was one.
  virtual Async<std::optional<Report>> last(std::string target) const = 0;
  virtual TargetWishes wishes(const std::string& target) const = 0;
  // What is known of the target now, without waiting; null when nothing is. Valid until the next call.
  virtual const TargetRecord* known(const std::string& target) const = 0;
  // `told` is called with the name of a target after each change of what is known of it. One reader, which outlives
  // the exchange.
  virtual void when_changed(std::function<void(const std::string& target)> told) = 0;
  // The target is gone: its Assignment and its Report are forgotten. A target that is not known: ok.
  virtual Async<void> remove(std::string target) = 0;

  // ---- the agent's side
  // What the volume of an opened target says was assigned to it; so many tokens after that one may have been used too.
  // An exchange that may lose what it keeps, or not have read it yet, answers it in `newest`, with the last one of
  // these tokens, until it knows an Assignment that is not older.
  virtual void start_from(Assignment on_volume, std::uint64_t tokens_after) { (void)on_volume, (void)tokens_after; }
  // The target's newest Assignment; nothing when none was put yet or `remove` was called.
  virtual Async<std::optional<Assignment>> newest(std::string target) const = 0;
  // Keeps the Report as the target's last. The agent sends it again until this answers ok.
  virtual Async<void> report(std::string target, Report report) = 0;
  // The agent has seen what is assigned now, and says how it stands with the target. What is known of the target says
  // so from then on, also without a Report.
  virtual Async<void> tell_stand(std::string target, AgentStand stand) = 0;

  // ---- changes
  // `ring` is called on the event loop after each put or remove of this target, until the bell is destroyed. A call
  // says that something may have changed; what it is the caller reads with `newest`.
  using Bell = std::shared_ptr<const std::function<void()>>;
  virtual Bell changed(std::string target, std::function<void()> ring) = 0;
};

}  // namespace stoker::host
