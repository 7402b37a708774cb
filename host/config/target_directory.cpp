#include "host/config/target_directory.hpp"

namespace stoker::host {

TargetDirectory::TargetDirectory(const std::vector<TargetConfig>& targets) {
  for (const TargetConfig& target : targets) put(target);
}

void TargetDirectory::put(TargetConfig target) {
  const std::string name = target.name;
  const auto known = targets_.find(name);
  const std::uint64_t number = known == targets_.end() ? ++last_number_ : known->second.number;
  if (known != targets_.end()) by_sync_[known->second.target.sync].erase(number);
  by_sync_[target.sync][number] = name;
  in_order_[number] = name;
  targets_.insert_or_assign(name, Entry{std::move(target), number});
  tell(name);
}

void TargetDirectory::remove(const std::string& name) {
  const auto known = targets_.find(name);
  if (known == targets_.end()) return;
  const std::string removed = name;  // a copy, because `name` may refer to the entry that is erased
  const auto sync = by_sync_.find(known->second.target.sync);
  sync->second.erase(known->second.number);
  if (sync->second.empty()) by_sync_.erase(sync);
  in_order_.erase(known->second.number);
  targets_.erase(known);
  tell(removed);
}

const TargetConfig* TargetDirectory::find(const std::string& name) const {
  const auto found = targets_.find(name);
  return found == targets_.end() ? nullptr : &found->second.target;
}

std::vector<const TargetConfig*> TargetDirectory::all() const {
  std::vector<const TargetConfig*> found;
  for (const auto& [number, name] : in_order_) found.push_back(find(name));
  return found;
}

std::vector<const TargetConfig*> TargetDirectory::of_sync(const std::string& sync) const {
  std::vector<const TargetConfig*> found;
  const auto names = by_sync_.find(sync);
  if (names == by_sync_.end()) return found;
  for (const auto& [number, name] : names->second) found.push_back(find(name));
  return found;
}

void TargetDirectory::tell(const std::string& name) const {
  for (const auto& told : readers_) told(name);
}

}  // namespace stoker::host
