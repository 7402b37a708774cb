// TCP for libgit2, bounded: libgit2's own stream waits for ever for a peer that says nothing.
#pragma once

#include "bound.hpp"

namespace stoker::git {

// For as long as it lives, the streams that libgit2 uses on this thread keep to the bound.
class StreamsBoundBy {
 public:
  explicit StreamsBoundBy(const Bound& bound);
  ~StreamsBoundBy();
  StreamsBoundBy(const StreamsBoundBy&) = delete;
  StreamsBoundBy& operator=(const StreamsBoundBy&) = delete;

 private:
  const Bound* before_;
};

// Once for the process, before the first connection.
void register_tcp_stream();

}  // namespace stoker::git
