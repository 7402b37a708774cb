// What the verifiers said about what is on disk, as one value. [any thread]
#pragma once

#include "host/run/verifiers.hpp"

namespace stoker::host {

struct Judgement {
  // silent: there was no answer by the deadline, which counts as bad. later: the gateway is down or starting, or
  // another actor has its lock, so nobody can say. cancelled: a newer assignment, or the end of the process, came
  // first.
  enum class Went { healthy, unhealthy, silent, later, cancelled };

  Judgement() = default;  // no aggregate: gcc 12 frees the members of aggregate temporaries in co_await twice
  Went went = Went::later;
  Health health;  // of an answer
  Error error;    // why there was none

  bool healthy() const { return went == Went::healthy; }
  // It was judged, or not judging is a verdict too.
  bool bad() const { return went == Went::unhealthy || went == Went::silent; }
  bool answered() const { return went == Went::healthy || went == Went::unhealthy; }
  std::string reasons() const;  // why it is bad, on one line
};

// The first five reasons, on one line.
std::string join_reasons(const std::vector<Decision>& unhealthy);

}  // namespace stoker::host
