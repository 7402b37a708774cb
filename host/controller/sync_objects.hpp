// The Syncs that there are: the GatewaySync objects, read and watched. Those of files are applied to the objects first,
// so that a file and a command lead to the same. A Sync that cannot be used affects no other. The Controller owns it.
// [event loop]
#pragma once

#include "host/calls/wakeup.hpp"
#include "host/config/sync_files.hpp"
#include "host/objects/object_store.hpp"
#include "host/offered/log.hpp"

#include <map>
#include <set>

namespace stoker::host {

class SyncObjects {
 public:
  SyncObjects(ObjectStore& store, const Config& config, asio::any_io_executor loop, const Clock& clock, ModuleLog log);

  // Nothing is written from now on: what files say counts in this process alone.
  void only_look() { only_look_ = true; }
  // Makes the objects what the files say. One whose file is gone is removed; one whose file has a mistake stays as it
  // is. False: some of it could not be written now, and may be later. What was refused is in refused() and was logged.
  asio::awaitable<bool> apply(const Syncs& files);
  // Takes requests for a ref out that these Syncs have themselves by now: they would count again when the ref changes.
  asio::awaitable<void> drop_met_requests(std::set<std::string> syncs);
  // This process wrote the status of an object, which had version `replaced` before: nothing else has changed in it.
  void take_status(const Object& written, std::uint64_t replaced);
  // Reads the objects as they are now, unless a watch tells of them.
  Async<void> read();
  // Calls `changed` with the name of each Sync that was changed by somebody, came or went, until `stop`.
  asio::awaitable<void> watch(std::function<void(std::string)> changed, std::stop_token stop);
  void end() { watch_.reset(); }

  const std::map<std::string, SyncSpec>& syncs() const { return syncs_; }
  // Why others cannot be used, by name.
  const std::map<std::string, Error>& unusable() const { return unusable_; }
  // What of the files could not be applied, one line each.
  const std::string& refused() const { return refused_; }
  // The names of all, also of those that cannot be used.
  std::set<std::string> names() const;
  std::int64_t generation(const std::string& sync) const;
  // The object as it is stored; null: there is none.
  const Object* object(const std::string& sync) const;

 private:
  asio::awaitable<bool> apply_one(SyncSpec sync);
  asio::awaitable<bool> remove_gone(const Syncs& files);
  void refuse(const SyncSpec& sync, const Error& why);
  Async<std::uint64_t> list();
  const Object* find(const ObjectKey& key) const;
  void put(Object object);
  void erase(const ObjectKey& key);
  bool take(const Object& object);
  void judge(const std::string& name);
  void judge_all();
  void tell_differences(const std::map<std::string, SyncSpec>& before) const;
  void hear(const ObjectEvent& event);

  ObjectStore& store_;
  const Config& config_;
  const Clock& clock_;
  ModuleLog log_;
  Wakeup list_again_;
  ObjectStore::Watch watch_;
  std::function<void(std::string)> changed_;
  std::map<std::string, std::map<ObjectKey, Object>> objects_;  // by name: there may be one in each namespace
  std::map<std::string, SyncSpec> syncs_;
  std::map<std::string, Error> unusable_;
  std::string refused_;
  bool only_look_ = false;
};

}  // namespace stoker::host
