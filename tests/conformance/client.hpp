// The platform under test, through its C table alone: the library that STOKER_CONFORMANCE_PLUGIN names, one instance
// with the settings that STOKER_CONFORMANCE_SETTINGS has (JSON; default {}), and a thread that calls `next` and sorts
// events by watch. Made once by main. Functions may be called on any thread.
#pragma once

#include "tests/support/temp_folder.hpp"

#include <stoker/records.hpp>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace conformance {

using stoker::Object;
using stoker::ObjectEvent;
using stoker::ObjectKey;
using stoker::Result;

inline constexpr std::chrono::seconds patience{10};  // for an event

enum class Part : std::uint32_t { spec = STOKER_PART_SPEC, status = STOKER_PART_STATUS };

struct Listed {
  std::vector<Object> objects;
  std::uint64_t version = 0;
};

class Services;

class Client {
 public:
  // Throws std::runtime_error when there is nothing to test.
  Client();
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<Object> get(const ObjectKey& key);
  Result<Listed> list(const std::string& name_space, const std::string& labels, const std::string& resource = "");
  Result<Object> insert(const std::string& document, const std::string& by = "conformance");
  Result<Object> update(Part part, const std::string& document, const std::string& by = "conformance");
  Result<Object> patch(const ObjectKey& key, Part part, const std::string& patch,
                       const std::string& by = "conformance");
  Result<Object> remove(const ObjectKey& key, const std::string& uid = "", std::uint64_t version = 0);

  Result<std::uint64_t> watch(const std::string& name_space, const std::string& labels, std::uint64_t from,
                              const std::string& resource = "");
  Result<std::uint64_t> watch_owner(const std::string& owner);
  void unwatch(std::uint64_t watch);
  bool knows_owners() const { return table_->watch_owner != nullptr; }

  Result<bool> lead(const std::string& election, const std::string& candidate, std::chrono::milliseconds ttl);
  Result<void> resign(const std::string& election, const std::string& candidate);
  bool knows_elections() const { return table_->lead != nullptr && table_->resign != nullptr; }

  // The events of a watch without bookmarks, when there are `count`, or when patience is over.
  std::vector<ObjectEvent> events(std::uint64_t watch, std::size_t count);
  // The same up to the first event of the object with this name.
  std::vector<ObjectEvent> events_until(std::uint64_t watch, const std::string& name);
  // Cancels `next`, waits for its end, and begins anew. How long it took to end.
  std::chrono::milliseconds restart_listening();

 private:
  struct Library;
  void listen();
  void take(const ObjectEvent& event);
  template <class Done>
  std::vector<ObjectEvent> wait_for(std::uint64_t watch, const Done& done);

  stoker::host::test::TempFolder state_;
  std::unique_ptr<Services> services_;
  const stoker_platform_v1* table_ = nullptr;
  stoker_platform* instance_ = nullptr;

  std::mutex mutex_;
  std::condition_variable came_;
  std::map<std::uint64_t, std::vector<ObjectEvent>> events_;
  std::string broken_;  // why `next` failed
  std::atomic<bool> cancelled_ = false;
  std::thread listening_;
};

}  // namespace conformance
