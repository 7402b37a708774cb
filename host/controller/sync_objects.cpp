#include "host/controller/sync_objects.hpp"

#include "host/config/gateway_sync.hpp"
#include "host/objects/applied.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds list_again_after{5};

std::string annotation_of(const Object& object, const char* key) {
  boost::system::error_code none;
  const json::value document = json::parse(object.document, none);
  const json::value* annotations = none ? nullptr : document.find_pointer("/metadata/annotations", none);
  const json::value* found =
      annotations && annotations->is_object() ? annotations->get_object().if_contains(key) : nullptr;
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

// The document of a file, which may leave its namespace out.
std::string document_of(const SyncSpec& sync) {
  const json::object patch{{"metadata", {{"namespace", sync.name_space}}}};
  return merged(sync.document, json::serialize(patch));
}

ObjectKey key_of(const SyncSpec& sync) { return {resource::gateway_syncs, sync.name_space, sync.name}; }

}  // namespace

SyncObjects::SyncObjects(ObjectStore& store, const Config& config, asio::any_io_executor loop, const Clock& clock,
                         ModuleLog log)
    : store_(store), config_(config), clock_(clock), log_(std::move(log)), list_again_(std::move(loop), clock) {}

const Object* SyncObjects::object(const std::string& sync) const {
  const auto of_name = objects_.find(sync);
  return of_name == objects_.end() ? nullptr : &of_name->second.begin()->second;
}

const Object* SyncObjects::find(const ObjectKey& key) const {
  const auto of_name = objects_.find(key.name);
  if (of_name == objects_.end()) return nullptr;
  const auto found = of_name->second.find(key);
  return found == of_name->second.end() ? nullptr : &found->second;
}

void SyncObjects::put(Object object) {
  const ObjectKey key = object.key;
  objects_[key.name][key] = std::move(object);
}

void SyncObjects::erase(const ObjectKey& key) {
  const auto of_name = objects_.find(key.name);
  if (of_name == objects_.end()) return;
  of_name->second.erase(key);
  if (of_name->second.empty()) objects_.erase(of_name);
}

std::int64_t SyncObjects::generation(const std::string& sync) const {
  const Object* found = object(sync);
  boost::system::error_code none;
  const json::value document = found ? json::parse(found->document, none) : json::value();
  const json::value* generation = document.find_pointer("/metadata/generation", none);
  return generation && generation->is_int64() ? generation->get_int64() : 0;
}

// ---------------------------------------------------------------- what files say

asio::awaitable<bool> SyncObjects::apply(const Syncs& files) {
  const std::string said = std::exchange(refused_, std::string());
  bool done = true;
  for (const auto& [name, sync] : files.good) {
    const bool applied = co_await apply_one(sync);
    done = done && applied;
  }
  if (files.complete) {
    const bool removed = co_await remove_gone(files);
    done = done && removed;
  }
  judge_all();
  if (!refused_.empty() && refused_ != said) log_.error("GatewaySync files could not be applied", {{"why", refused_}});
  co_return done;
}

asio::awaitable<bool> SyncObjects::apply_one(SyncSpec sync) {
  const ObjectKey key = key_of(sync);
  const Object* there = find(key);
  std::string patch;
  if (there) {
    patch = applied_patch(there->document, sync.document, sync.file, false);
    if (patch.empty()) co_return true;
  }
  if (only_look_) {
    Object seen = there ? *there : Object(key, "", "", 1);
    seen.document = there ? merged(seen.document, patch) : document_of(sync);
    put(std::move(seen));
    co_return true;
  }
  const std::string by = written_by_host;  // which file it was is in an annotation
  Result<Object> written;
  if (there)
    written = co_await store_.patch(key, Part::spec, patch, by);
  else
    written = co_await store_.insert(key.resource, applied_document(document_of(sync), sync.file), by);
  if (written) {
    take(*written);
    co_return true;
  }
  refuse(sync, written.error());
  co_return !written.error().retryable;  // what is wrong in the file stays wrong until the file changes
}

void SyncObjects::refuse(const SyncSpec& sync, const Error& why) {
  refused_ +=
      sync.file + ":" + std::to_string(sync.line) + ":" + std::to_string(sync.column) + ": " + why.message + "\n";
}

// Those that came from a file, and of which no file says anything any more. While a file has a mistake, or the folder
// has no file at all because its volume is not there, nobody knows what the files say: then everything stays.
asio::awaitable<bool> SyncObjects::remove_gone(const Syncs& files) {
  std::vector<Object> gone;
  for (const auto& [name, of_name] : objects_)
    for (const auto& [key, object] : of_name) {
      if (annotation_of(object, applied_from).empty()) continue;
      const auto said = files.good.find(name);
      if (said == files.good.end() || said->second.name_space != key.name_space) gone.push_back(object);
    }
  bool all = true;
  for (const Object& object : gone) {
    if (!only_look_) {
      auto removed = co_await store_.remove(object.key, object.uid, 0, written_by_host);
      const bool is_gone = removed || removed.error() == errc::not_found;
      if (!is_gone)
        log_.error("a Sync whose file is gone could not be removed",
                   {{"sync", object.key.name}, {"why", removed.error().message}});
      all = all && is_gone;
      if (!is_gone) continue;
    }
    erase(object.key);
  }
  co_return all;
}

asio::awaitable<void> SyncObjects::drop_met_requests(std::set<std::string> syncs) {
  if (only_look_) co_return;
  for (const std::string& name : syncs) {
    const auto sync = syncs_.find(name);
    if (sync == syncs_.end() || sync->second.requested_ref.empty() || sync->second.wanted_ref() != sync->second.ref)
      continue;
    const ObjectKey key = key_of(sync->second);
    const Object* found = find(key);
    if (!found) continue;
    json::object annotations;
    for (const char* what : {"requested-ref", "requested-at", "requested-by"})
      annotations.emplace(std::string("stoker.io/") + what, nullptr);
    const json::object patch{
        {"metadata", {{"resourceVersion", std::to_string(found->version)}, {"annotations", std::move(annotations)}}}};
    auto written = co_await store_.patch(key, Part::spec, json::serialize(patch), written_by_host);
    if (!written) continue;  // with the next change of the object
    take(*written);
    judge(key.name);
  }
}

// ---------------------------------------------------------------- objects

Async<void> SyncObjects::read() {
  if (watch_) co_return Result<void>();  // what is known is newer than a listing may be
  auto listed = co_await list();
  if (!listed) co_return std::move(listed).error();
  co_return Result<void>();
}

Async<std::uint64_t> SyncObjects::list() {
  auto listed = co_await store_.list(ObjectQuery(resource::gateway_syncs));
  if (!listed) co_return std::move(listed).error();
  objects_.clear();
  for (Object& object : listed->objects) put(std::move(object));
  judge_all();
  co_return listed->version;
}

// False: it is known already.
bool SyncObjects::take(const Object& object) {
  const Object* known = find(object.key);
  if (known && known->uid == object.uid && known->version >= object.version) return false;
  put(object);
  return true;
}

void SyncObjects::take_status(const Object& written, std::uint64_t replaced) {
  const Object* known = find(written.key);
  if (known && known->uid == written.uid && known->version == replaced) put(written);
}

void SyncObjects::judge_all() {
  syncs_.clear();
  unusable_.clear();
  for (const std::string& name : names()) judge(name);
}

std::set<std::string> SyncObjects::names() const {
  std::set<std::string> all;
  for (const auto& [name, of_name] : objects_) all.insert(name);
  return all;
}

// A target names its Sync without a namespace, so a name belongs to one Sync.
void SyncObjects::judge(const std::string& name) {
  syncs_.erase(name);
  unusable_.erase(name);
  std::vector<const Object*> of_name;
  if (const auto found = objects_.find(name); found != objects_.end())
    for (const auto& [key, object] : found->second) of_name.push_back(&object);
  if (of_name.empty()) return;
  if (of_name.size() > 1) {
    unusable_.emplace(name, Error(errc::invalid,
                                  "GatewaySync " + name + " is in the namespaces " + of_name[0]->key.name_space +
                                      " and " + of_name[1]->key.name_space +
                                      "; a target names its Sync without one, so give one of them another name",
                                  "config.sync"));
    return;
  }
  auto sync = sync_of(of_name[0]->document);
  ConfigErrors errors;
  if (sync && !choose_source(*sync, config_.modules, errors)) sync = Error(errc::invalid, errors.text(), "config.sync");
  if (sync)
    syncs_.emplace(name, std::move(*sync));
  else
    unusable_.emplace(name, std::move(sync).error());
}

asio::awaitable<void> SyncObjects::watch(std::function<void(std::string)> changed, std::stop_token stop) {
  changed_ = std::move(changed);
  while (!stop.stop_requested()) {
    std::optional<std::int64_t> again;
    const std::map<std::string, SyncSpec> before = syncs_;
    auto version = co_await list();
    if (version) {
      tell_differences(before);
      auto watch = co_await store_.watch(ObjectQuery(resource::gateway_syncs), *version,
                                         [this](const ObjectEvent& event) { hear(event); });
      if (watch) watch_ = std::move(watch).value();
    }
    if (!watch_) again = clock_.monotonic_ms() + std::chrono::milliseconds(list_again_after).count();
    co_await list_again_.until(again, stop);
    watch_.reset();
  }
}

void SyncObjects::tell_differences(const std::map<std::string, SyncSpec>& before) const {
  for (const auto& [name, sync] : before)
    if (!syncs_.contains(name)) changed_(name);
  for (const auto& [name, sync] : syncs_) {
    const auto was = before.find(name);
    if (was == before.end() || was->second != sync) changed_(name);
  }
}

void SyncObjects::hear(const ObjectEvent& event) {
  if (event.op == ObjectEvent::Op::expired) return list_again_.ring();
  const std::string& name = event.object.key.name;
  if (event.op == ObjectEvent::Op::removed)
    erase(event.object.key);
  else if (event.op == ObjectEvent::Op::bookmark || !take(event.object))
    return;
  const auto known = syncs_.find(name);
  const std::optional<SyncSpec> before = known == syncs_.end() ? std::nullopt : std::optional(known->second);
  const auto why = [&] {
    const auto found = unusable_.find(name);
    return found == unusable_.end() ? std::string() : found->second.message;
  };
  const std::string unusable_before = why();
  judge(name);
  const auto now = syncs_.find(name);
  const bool same =
      before ? now != syncs_.end() && now->second == *before : now == syncs_.end() && unusable_before == why();
  if (!same) changed_(name);  // else only its status was written
}

}  // namespace stoker::host
