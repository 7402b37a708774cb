// The objects of the platform plugin. One coroutine waits for events and hands each to its watch. [event loop]
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/objects/object_store.hpp"

#include <map>
#include <optional>

namespace stoker::host {

class PlatformStore final : public ObjectStore {
 public:
  PlatformStore(Workers& workers, ModuleFactory& factory, Services services);
  ~PlatformStore() override;

  // Makes the instance of the first enabled platform and asks it once. `invalid`: the configuration has no usable one.
  // Any other failure may pass: call it again. Until it succeeds every call below is `unreachable` and says why. With
  // `only_look` it makes no store where none is.
  Async<void> open(bool only_look);
  // Takes events from the platform until `stop`. Without it no watch is told anything.
  asio::awaitable<void> work(std::stop_token stop);
  Async<void> end();

  Async<Object> get(ObjectKey key) override;
  Async<ListedObjects> list(ObjectQuery query) override;
  Async<Object> insert(std::string resource, std::string document, std::string by) override;
  Async<Object> update(std::string resource, Part part, std::string document, std::string by) override;
  Async<Object> patch(ObjectKey key, Part part, std::string patch, std::string by) override;
  Async<Object> remove(ObjectKey key, std::string uid, std::uint64_t version, std::string by) override;
  Async<Watch> watch(ObjectQuery query, std::uint64_t from, Told told) override;

  std::size_t written_off() const { return waiting_.written_off(); }

 private:
  // What the watches are told by; a watch that is destroyed after the store does nothing.
  struct Watches {
    PlatformInstance* platform = nullptr;
    std::map<std::uint64_t, Told> told;
    std::map<std::uint64_t, std::vector<ObjectEvent>> early;  // came before `watch` had returned
    std::size_t beginning = 0;                                // calls of `watch` that have not returned
  };
  void hand_out(std::vector<ObjectEvent> events);
  asio::awaitable<void> take_failure(Error why, std::stop_token stop);
  Async<void> make(bool only_look);

  Workers& workers_;
  Workers waiting_;  // the thread that waits for events
  ModuleFactory& factory_;
  const Clock& clock_;
  ModuleLog log_;
  std::unique_ptr<PlatformInstance> platform_;
  std::optional<Error> closed_;  // why nothing may be asked
  std::shared_ptr<Watches> watches_ = std::make_shared<Watches>();
  unsigned failures_ = 0;
};

}  // namespace stoker::host
