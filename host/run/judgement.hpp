// What the verifiers said about what is on disk, as one value. [any thread]
#pragma once

#include "host/run/verifiers.hpp"

namespace stoker::host {

struct Judgement {
  // unasked: no verifier of the target verifies, so nobody will ever say. silent: there was no answer by the deadline,
  // which counts as bad. later: the gateway is down or starting, another actor has its lock, or a verifier holds, so
  // nobody can say now. cancelled: a newer assignment, or the end of the
  // process, came first. overwritten: the gateway is healthy, but somebody has replaced files of this Run meanwhile.
  enum class Went { healthy, unasked, unhealthy, silent, later, cancelled, overwritten };

  Judgement() = default;  // no aggregate: see host/base/async.hpp
  Went went = Went::later;
  Health health;   // of an answer
  Error error;     // why there was none
  std::string by;  // of overwritten: the first file and who replaced it

  bool healthy() const { return went == Went::healthy; }
  // Nothing stands against what is on disk, and nothing more will be said.
  bool settles() const { return went == Went::healthy || went == Went::unasked; }
  // It was judged, or not judging is a verdict too.
  bool bad() const { return went == Went::unhealthy || went == Went::silent; }
  bool answered() const { return settles() || went == Went::unhealthy; }
  std::string reasons() const;  // why it is bad, on one line
};

// The first five reasons, on one line.
std::string join_reasons(const std::vector<Decision>& unhealthy);

}  // namespace stoker::host
