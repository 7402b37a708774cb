// The source instances of this process, one for each repository with its credentials. The controller resolves with
// them, the agents open revisions with them. The key is a digest of all that an instance is made with: when a secret
// changes, the next caller gets a new instance. The old one is ended then, or when a later one is made, if it is still
// in use.
// The role that wires owns it; on the event loop, secrets are read on a worker.
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/values/sync_spec.hpp"

namespace stoker::host {

class SourcePool {
 public:
  SourcePool(Workers& workers, ModuleFactory& factory, const Config& config)
      : workers_(workers), factory_(factory), config_(config) {}

  // The instance for this repository, made with the credentials as they are now. Fails when a secret cannot be read or
  // the instance cannot be made; the error names it. The caller keeps the pointer for as long as it uses the instance.
  Async<std::shared_ptr<SourceInstance>> get(SourceSpec repository);
  // Ends every instance, when nobody uses one any more. Returns the first failure.
  Async<void> end();

 private:
  struct Entry {
    SourceSpec repository;
    std::shared_ptr<SourceInstance> source;
  };
  Result<const ModuleConfig*> module_of(const SourceSpec& source) const;
  asio::awaitable<void> end_replaced(const SourceSpec& repository, const std::string& but);

  Workers& workers_;
  ModuleFactory& factory_;
  const Config& config_;
  std::map<std::string, Entry> entries_;  // by digest of what the instance was made with
};

}  // namespace stoker::host
