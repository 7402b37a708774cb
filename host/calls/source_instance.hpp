// An instance of a source: `resolve` turns refs into revisions, `open` gives the tree of a revision.
#pragma once

#include "host/calls/instance.hpp"
#include "host/calls/open_tree.hpp"

#include <stoker/records.hpp>

namespace stoker::host {

struct Resolution {
  std::vector<Resolved> refs;  // in the order in which they were asked for
  std::vector<Note> notes;
};

class SourceInstance : public Instance<stoker_source_v1, stoker_source> {
 public:
  using Instance::Instance;
  Async<Resolution> resolve(CallLimits limits, std::vector<std::string> refs);
  Async<OpenTree> open(CallLimits limits, std::string revision);
  Async<void> close(OpenTree tree);
};

}  // namespace stoker::host
