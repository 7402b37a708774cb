#include "host/commands/followed_objects.hpp"

#include "host/commands/object_fields.hpp"

#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

std::vector<std::string> documents_of(const std::map<std::string, std::string>& by_name) {
  std::vector<std::string> all;
  for (const auto& [name, document] : by_name) all.push_back(document);
  return all;
}

}  // namespace

FollowedObjects::FollowedObjects(const ObjectClient& client, std::optional<Selection> syncs,
                                 std::optional<Selection> targets) {
  unlisted_ = std::size_t(syncs.has_value()) + std::size_t(targets.has_value());
  begin(client, "gatewaysync", syncs, syncs_);
  begin(client, "synctarget", targets, targets_);
}

void FollowedObjects::begin(const ObjectClient& client, const char* kind, const std::optional<Selection>& selection,
                            Documents& documents) {
  if (!selection) return;
  threads_.emplace_back([this, client, &of = *kind_named(kind), what = *selection,
                         &documents](const std::stop_token& stop) { follow(client, of, what, documents, stop); });
}

void FollowedObjects::follow(ObjectClient client, const Kind& kind, const Selection& selection, Documents& documents,
                             const std::stop_token& stop) {
  const auto told = [&](std::string_view type, const json::value& object) {
    const std::string name = name_space_in(object) + "/" + name_in(object);
    const std::lock_guard lock(mutex_);
    if (type == "DELETED")
      documents.erase(name);
    else
      documents[name] = json::serialize(object);
    has_changed_ = true;
    happened_.notify_one();
    return true;
  };
  Following how;
  how.stop = stop;
  how.when_listed = [&] {
    const std::lock_guard lock(mutex_);
    --unlisted_;
    has_changed_ = true;
    happened_.notify_one();
  };
  auto ended = client.follow(kind, selection, how, told);
  const std::lock_guard lock(mutex_);
  if (!ended && !ended_) ended_ = std::move(ended).error();
  happened_.notify_one();
}

Result<ObjectsNow> FollowedObjects::next(std::chrono::milliseconds longest) {
  std::this_thread::sleep_until(answered_ + apart);
  std::unique_lock lock(mutex_);
  happened_.wait(lock, [&] { return unlisted_ == 0 || ended_; });
  happened_.wait_for(lock, longest, [&] { return has_changed_ || ended_; });
  if (ended_) return *ended_;
  has_changed_ = false;
  answered_ = std::chrono::steady_clock::now();
  ObjectsNow now;
  now.syncs = documents_of(syncs_);
  now.targets = documents_of(targets_);
  return now;
}

}  // namespace stoker::host
