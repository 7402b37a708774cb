// A tree that a source has opened. Whoever opened it awaits SourceInstance::close: closing is a plugin call.
#pragma once

#include "host/calls/announced_files.hpp"
#include "host/calls/instance.hpp"

#include <stoker/abi/source.h>

namespace stoker::host {

class OpenTree {
 public:
  struct Core {
    std::shared_ptr<InstanceCore> source;
    const stoker_source_v1* table;
    stoker_tree* tree;
    std::string revision;
    std::shared_ptr<AnnouncedFiles> announced = std::make_shared<AnnouncedFiles>();
  };
  OpenTree() = default;
  explicit OpenTree(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  const std::shared_ptr<Core>& core() const { return core_; }
  const std::string& revision() const { return core_->revision; }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace stoker::host
