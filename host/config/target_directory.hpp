// The targets that exist now: those of stoker.yaml; later, on a cluster, those that were discovered. It may grow and
// shrink while the program runs. The role that wires owns it; controller and agent read it and are told of changes.
// [event loop]
#pragma once

#include "host/config/config.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace stoker::host {

class TargetDirectory {
 public:
  TargetDirectory() = default;
  explicit TargetDirectory(const std::vector<TargetConfig>& targets);

  // Adds the target, or replaces the one with its name.
  void put(TargetConfig target);
  void remove(const std::string& name);

  // Null when there is no such target. Valid until it is replaced or removed.
  const TargetConfig* find(const std::string& name) const;
  // In the order in which they were added.
  std::vector<const TargetConfig*> all() const;
  std::vector<const TargetConfig*> of_sync(const std::string& sync) const;

  // Calls `told` after each put or remove with the name of the target. Each reader registers once; it has to outlive
  // the directory.
  void when_changed(std::function<void(const std::string& name)> told) { readers_.push_back(std::move(told)); }

 private:
  struct Entry {
    TargetConfig target;
    std::uint64_t number;  // when it was added
  };
  void tell(const std::string& name) const;

  std::map<std::string, Entry, std::less<>> targets_;
  std::map<std::uint64_t, std::string> in_order_;
  std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> by_sync_;
  std::uint64_t last_number_ = 0;
  std::vector<std::function<void(const std::string&)>> readers_;
};

}  // namespace stoker::host
