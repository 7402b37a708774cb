// Objects in memory, for tests of what uses an ObjectStore: versions, generation, conflicts, merge patches, finalizers,
// selectors, watches that resume. It knows no owners, and checks documents only with the `check` that a test sets.
// What happens reaches a watch by its loop, after the write has returned or before. [event loop]
#pragma once

#include "host/base/utc_time.hpp"
#include "host/objects/object_store.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace stoker::host::testing {

namespace json = boost::json;

class MemoryStore final : public ObjectStore {
 public:
  // Answers the complete document, or why it may not be stored; check_object of host/config/kinds.hpp fits.
  using Check =
      std::function<Result<std::string>(std::string_view resource, std::string_view before, std::string_view document)>;
  Check check;
  // Asked before each call ("get", "list", "insert", "update", "patch", "remove", "watch"): the call fails with what it
  // answers.
  std::function<std::optional<Error>(std::string_view verb, const ObjectKey& key)> fault;
  std::int64_t now_ms = 1735787045000;  // 2025-01-02T03:04:05Z
  std::vector<std::string> writers;     // `by` of each write that was asked for, oldest first

  std::uint64_t version() const { return version_; }
  // What is stored now; null when there is no such object.
  const Object* find(const ObjectKey& key) const {
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : &found->second;
  }
  // Changes up to now are forgotten: a watch from before this version is expired, and those that are open end.
  void expire() {
    oldest_ = version_;
    changes_.clear();
    for (const auto& watch : watching()) tell(watch, {0, ObjectEvent::Op::expired, {}});
  }
  // Each open watch gets one.
  void bookmark() {
    ObjectEvent event;
    event.op = ObjectEvent::Op::bookmark;
    event.object.version = version_;
    for (const auto& watch : watching()) tell(watch, event);
  }
  std::size_t watches_count() const { return watching().size(); }

  // The calls as plain functions, for what a test prepares without a loop.
  Result<Object> insert_now(const std::string& resource, std::string_view document) {
    json::object sent = parsed(document);
    json::object& metadata = object_in(sent, "metadata");
    sent.erase("status");
    if (text(metadata, "name").empty() && !text(metadata, "generateName").empty())
      metadata["name"] = text(metadata, "generateName") + std::to_string(version_ + 1);
    const ObjectKey key = key_in(resource, metadata);
    if (key.name.empty()) return invalid("/metadata/name", "a name");
    if (find(key)) return Error(errc::conflict, label(key) + " exists already", "object.exists");
    keep_read_only(metadata, {});
    metadata["uid"] = "uid-" + std::to_string(++uids_);
    metadata["creationTimestamp"] = rfc3339(now_ms);
    metadata["generation"] = 1;
    auto complete = checked(resource, "", sent);
    if (!complete) return std::move(complete).error();
    return store(key, std::move(*complete), ObjectEvent::Op::added);
  }
  Result<Object> update_now(const std::string& resource, Part part, std::string_view document) {
    const json::object sent = parsed(document);
    const json::object* metadata = object_at(sent, "metadata");
    if (!metadata) return invalid("/metadata", "an object");
    if (text(*metadata, "resourceVersion").empty()) return invalid("/metadata/resourceVersion", "the present one");
    const ObjectKey key = key_in(resource, *metadata);
    return replace(key, part, *metadata, sent);
  }
  Result<Object> patch_now(const ObjectKey& key, Part part, std::string_view patch) {
    const json::object sent = parsed(patch);
    const Object* stored = find(key);
    if (!stored) return missing(key);
    json::value next = parsed(stored->document);
    merge(next, sent);
    static const json::object none;
    const json::object* metadata = object_at(sent, "metadata");
    return replace(key, part, metadata ? *metadata : none, next.get_object());
  }
  Result<Object> remove_now(const ObjectKey& key, const std::string& uid = {}, std::uint64_t version = 0) {
    const Object* stored = find(key);
    if (!stored) return missing(key);
    if ((!uid.empty() && uid != stored->uid) || (version != 0 && version != stored->version)) return stale(key);
    json::object document = parsed(stored->document);
    json::object& metadata = object_in(document, "metadata");
    if (!has_finalizers(metadata)) return erase(key);
    if (metadata.contains("deletionTimestamp")) return *stored;
    metadata["deletionTimestamp"] = rfc3339(now_ms);
    return store(key, std::move(document), ObjectEvent::Op::changed);
  }

  Async<Object> get(ObjectKey key) override {
    if (auto failed = asked("get", key)) co_return std::move(*failed);
    if (const Object* stored = find(key)) co_return *stored;
    co_return missing(key);
  }
  Async<ListedObjects> list(ObjectQuery query) override {
    const ObjectKey whole = of_all(query);
    if (auto failed = asked("list", whole)) co_return std::move(*failed);
    ListedObjects listed;
    listed.version = version_;
    for (const auto& [key, object] : objects_)
      if (fits(query, object)) listed.objects.push_back(object);
    co_return listed;
  }
  Async<Object> insert(std::string resource, std::string document, std::string by) override {
    const ObjectKey key{resource, {}, {}};
    writers.push_back(std::move(by));
    if (auto failed = asked("insert", key)) co_return std::move(*failed);
    co_return insert_now(resource, document);
  }
  Async<Object> update(std::string resource, Part part, std::string document, std::string by) override {
    const ObjectKey key{resource, {}, {}};
    writers.push_back(std::move(by));
    if (auto failed = asked("update", key)) co_return std::move(*failed);
    co_return update_now(resource, part, document);
  }
  Async<Object> patch(ObjectKey key, Part part, std::string patch, std::string by) override {
    writers.push_back(std::move(by));
    if (auto failed = asked("patch", key)) co_return std::move(*failed);
    co_return patch_now(key, part, patch);
  }
  Async<Object> remove(ObjectKey key, std::string uid, std::uint64_t version, std::string by) override {
    writers.push_back(std::move(by));
    if (auto failed = asked("remove", key)) co_return std::move(*failed);
    co_return remove_now(key, uid, version);
  }
  Async<Watch> watch(ObjectQuery query, std::uint64_t from, Told told) override {
    const ObjectKey whole = of_all(query);
    if (auto failed = asked("watch", whole)) co_return std::move(*failed);
    if (from != 0 && (from < oldest_ || from > version_))
      co_return Error(errc::not_found, "version " + std::to_string(from) + " is not known any more", "object.expired");
    const auto executor = co_await asio::this_coro::executor;
    auto begun = std::make_shared<Watcher>(executor, std::move(query), std::move(told));
    std::erase_if(watchers_, [](const auto& each) { return each.expired(); });
    watchers_.push_back(begun);
    if (from == 0) {
      for (const auto& [key, object] : objects_)
        if (fits(begun->query, object)) tell(begun, {0, ObjectEvent::Op::added, object});
    } else {
      for (const Happened& change : changes_)
        if (change.object.version > from) tell_change(begun, change);
    }
    co_return Watch(begun);
  }

 private:
  struct Watcher {
    asio::any_io_executor loop;
    ObjectQuery query;
    Told told;
    Watcher(asio::any_io_executor on, ObjectQuery what, Told whom)
        : loop(std::move(on)), query(std::move(what)), told(std::move(whom)) {}
  };
  struct Happened {
    ObjectEvent::Op op;
    Object before, object;
  };
  static constexpr std::size_t changes_max = 10'000;

  // ---------------------------------------------------------------- watches

  std::vector<std::shared_ptr<Watcher>> watching() const {
    std::vector<std::shared_ptr<Watcher>> open;
    for (const auto& each : watchers_)
      if (auto watch = each.lock()) open.push_back(std::move(watch));
    return open;
  }
  static void tell(const std::shared_ptr<Watcher>& watch, ObjectEvent event) {
    asio::post(watch->loop, [weak = std::weak_ptr(watch), event = std::move(event)] {
      if (const auto alive = weak.lock()) alive->told(event);
    });
  }
  // An object that comes to fit was added, and one that fits no more was removed.
  static void tell_change(const std::shared_ptr<Watcher>& watch, const Happened& change) {
    const bool did = change.op != ObjectEvent::Op::added && fits(watch->query, change.before);
    const bool does = change.op != ObjectEvent::Op::removed && fits(watch->query, change.object);
    ObjectEvent event;
    event.op = !did ? ObjectEvent::Op::added : does ? ObjectEvent::Op::changed : ObjectEvent::Op::removed;
    event.object = does ? change.object : change.before;
    event.object.version = change.object.version;
    if (did || does) tell(watch, std::move(event));
  }

  // ---------------------------------------------------------------- writes

  Result<Object> replace(const ObjectKey& key, Part part, const json::object& conditions, const json::object& sent) {
    const Object* stored = find(key);
    if (!stored) return missing(key);
    const std::string version = text(conditions, "resourceVersion"), uid = text(conditions, "uid");
    if ((!version.empty() && version != std::to_string(stored->version)) || (!uid.empty() && uid != stored->uid))
      return stale(key);
    const json::object before = parsed(stored->document);
    json::object next = part == Part::status ? before : sent;
    const json::object& other = part == Part::status ? sent : before;
    next.erase("status");
    if (const json::value* status = other.if_contains("status")) next["status"] = *status;
    json::object& metadata = object_in(next, "metadata");
    const json::object& known = *object_at(before, "metadata");
    keep_read_only(metadata, known);
    metadata["name"] = key.name;
    auto complete = checked(key.resource, stored->document, next);
    if (!complete) return std::move(complete).error();
    if (*complete == before) return *stored;
    const auto differs = [&](const char* field) {
      const json::value *was = before.if_contains(field), *is = complete->if_contains(field);
      return !was || !is ? was != is : *was != *is;
    };
    json::object& marked = object_in(*complete, "metadata");
    if (differs("spec")) marked["generation"] = known.at("generation").to_number<std::int64_t>() + 1;
    if (marked.contains("deletionTimestamp") && !has_finalizers(marked)) return erase(key);
    return store(key, std::move(*complete), ObjectEvent::Op::changed);
  }
  Object store(const ObjectKey& key, json::object document, ObjectEvent::Op op) {
    Object object;
    object.key = key;
    object.version = ++version_;
    json::object& metadata = object_in(document, "metadata");
    metadata["resourceVersion"] = std::to_string(version_);
    object.uid = text(metadata, "uid");
    object.document = json::serialize(document);
    const Object before = std::exchange(objects_[key], object);
    happened({op, before, object});
    return object;
  }
  Object erase(const ObjectKey& key) {
    Object gone = std::move(objects_.extract(key).mapped());
    Happened change{ObjectEvent::Op::removed, gone, gone};
    change.object.version = ++version_;
    happened(std::move(change));
    gone.version = version_;
    return gone;
  }
  void happened(Happened change) {
    for (const auto& watch : watching()) tell_change(watch, change);
    changes_.push_back(std::move(change));
    if (changes_.size() <= changes_max) return;
    oldest_ = changes_.front().object.version;
    changes_.pop_front();
  }
  Result<json::object> checked(const std::string& resource, std::string_view before, const json::object& next) const {
    if (!check) return next;
    auto complete = check(resource, before, json::serialize(next));
    if (!complete) return std::move(complete).error();
    return parsed(*complete);
  }
  std::optional<Error> asked(std::string_view verb, const ObjectKey& key) const {
    return fault ? fault(verb, key) : std::nullopt;
  }

  // ---------------------------------------------------------------- documents

  static json::object parsed(std::string_view document) {
    boost::system::error_code none;
    json::value value = json::parse(document, none);
    return none || !value.is_object() ? json::object() : std::move(value.get_object());
  }
  static json::object& object_in(json::object& of, std::string_view key) {
    json::value& found = of[key];
    if (!found.is_object()) found.emplace_object();
    return found.get_object();
  }
  static const json::object* object_at(const json::object& of, std::string_view key) {
    const json::value* found = of.if_contains(key);
    return found ? found->if_object() : nullptr;
  }
  static std::string text(const json::object& of, std::string_view key) {
    const json::value* found = of.if_contains(key);
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  static ObjectKey key_in(const std::string& resource, const json::object& metadata) {
    return {resource, text(metadata, "namespace"), text(metadata, "name")};
  }
  static ObjectKey of_all(const ObjectQuery& query) { return {query.resource, query.name_space, {}}; }
  static bool has_finalizers(const json::object& metadata) {
    const json::value* list = metadata.if_contains("finalizers");
    return list && list->is_array() && !list->get_array().empty();
  }
  static void keep_read_only(json::object& metadata, const json::object& before) {
    for (const char* key : {"uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp"}) {
      metadata.erase(key);
      if (const json::value* kept = before.if_contains(key)) metadata[key] = *kept;
    }
  }
  static void merge(json::value& into, const json::value& patch) {
    if (!patch.is_object()) {
      into = patch;
      return;
    }
    if (!into.is_object()) into.emplace_object();
    for (const auto& [key, value] : patch.get_object()) {
      if (value.is_null())
        into.get_object().erase(key);
      else
        merge(into.get_object()[key], value);
    }
  }

  // "a=b", "a==b", "a!=b", "a", "!a", with commas between them.
  static bool fits(const ObjectQuery& query, const Object& object) {
    if (query.resource != object.key.resource) return false;
    if (!query.name_space.empty() && query.name_space != object.key.name_space) return false;
    const json::object document = parsed(object.document);
    const json::object* metadata = object_at(document, "metadata");
    const json::object* found = metadata ? object_at(*metadata, "labels") : nullptr;
    const json::object labels = found ? *found : json::object();
    std::string_view rest = query.labels;
    while (!rest.empty()) {
      const std::string_view one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      if (!fits(one, labels)) return false;
    }
    return true;
  }
  static bool fits(std::string_view one, const json::object& labels) {
    const std::size_t sign = one.find('=');
    if (sign == std::string_view::npos)
      return one.starts_with('!') != labels.contains(one.substr(one.starts_with('!')));
    const bool differs = sign > 0 && one[sign - 1] == '!';
    const std::string_view key = one.substr(0, sign - differs);
    const std::string_view value = one.substr(
        one.find_first_not_of('=', sign) == std::string_view::npos ? one.size() : one.find_first_not_of('=', sign));
    return (labels.contains(key) && text(labels, key) == value) != differs;
  }

  static std::string label(const ObjectKey& key) { return key.resource + " " + key.name_space + "/" + key.name; }
  static Error missing(const ObjectKey& key) {
    return {errc::not_found, label(key) + " is not there", "object.not-found"};
  }
  static Error stale(const ObjectKey& key) {
    return {errc::conflict, label(key) + " is another version", "object.conflict"};
  }
  static Error invalid(const std::string& pointer, const std::string& expected) {
    Error error(errc::invalid, pointer + ": expected " + expected, "object.invalid");
    const json::object cause{{"pointer", pointer}, {"expected", expected}, {"got", "nothing"}};
    error.detail = json::serialize(json::array{cause});
    return error;
  }

  std::map<ObjectKey, Object> objects_;
  std::deque<Happened> changes_;  // after version `oldest_`
  std::vector<std::weak_ptr<Watcher>> watchers_;
  std::uint64_t version_ = 0, oldest_ = 0, uids_ = 0;
};

}  // namespace stoker::host::testing
