// The exchange over objects: each target has an object SyncTarget, whose spec is its Assignment and whose status is
// made from its Reports. What was put here is durable when the call returns, and others may read and watch it.
//
// What the objects said last is kept in memory, so that reading waits for nobody. A change that somebody else makes
// arrives by watch. What others write into the spec of a target that was assigned something here is not taken, unless
// its token is higher; it is written over.
//
// Objects may be away, lost, or an older copy. So the Assignment on the volume of a target counts as long as its token
// is the highest one that is known. [event loop]
#pragma once

#include "host/calls/wakeup.hpp"
#include "host/exchange/corrections.hpp"
#include "host/exchange/exchange.hpp"
#include "host/objects/object_store.hpp"
#include "host/offered/log.hpp"
#include "host/values/target_record.hpp"

#include <map>
#include <vector>

namespace stoker::host {

class ObjectExchange final : public Exchange {
 public:
  // `take_report` is awaited with each Report before it is acknowledged: log, metrics, notices.
  using TakeReport = std::function<asio::awaitable<void>(const Report&)>;
  ObjectExchange(ObjectStore& store, asio::any_io_executor loop, const Clock& clock, ModuleLog log,
                 TakeReport take_report);

  // Reads the objects that there are. With `only_look` nothing is ever written: what is put stays in this process.
  // After a failure it may be called again; until then no Report is acknowledged.
  Async<void> open(bool only_look);
  // Follows what others change, until `stop`.
  asio::awaitable<void> work(std::stop_token stop);
  // Ends the watch; call it before the store ends.
  void end() { watch_.reset(); }

  // Those that have an object.
  std::vector<std::string> targets() const;

  Async<void> put(Assignment assignment) override;
  Async<std::optional<Report>> last(std::string target) const override;
  TargetWishes wishes(const std::string& target) const override;
  const TargetRecord* known(const std::string& target) const override;
  void when_changed(std::function<void(const std::string& target)> told) override { told_ = std::move(told); }
  Async<void> remove(std::string target) override;
  void start_from(Assignment on_volume, std::uint64_t tokens_after) override;
  Async<std::optional<Assignment>> newest(std::string target) const override;
  Async<void> report(std::string target, Report report) override;
  Async<void> tell_stand(std::string target, AgentStand stand) override;
  Bell changed(std::string target, std::function<void()> ring) override;

 private:
  struct Kept {
    TargetRecord record;
    std::string announced;            // the id of the newest Report that `take_report` has seen
    std::optional<AgentStand> stand;  // what the agent of this process said last: then the status is this side's
    bool unsaid = false;              // what is known was not written into the object
    // What the target has, though no object says it: from its volume, or from an object that somebody removed.
    std::optional<Assignment> before;
    std::uint64_t tokens_after = 0;  // above that of `before`, which may have been used
    std::string written, writing;    // the spec that this process wrote last or is writing, as it is read; empty: none
    Corrections corrections;
    std::optional<Assignment> newest() const;
    std::vector<std::weak_ptr<const std::function<void()>>> bells;
  };
  static constexpr int tries_max = 5;

  asio::awaitable<void> follow(std::stop_token stop);
  asio::awaitable<void> correct(std::stop_token stop);
  asio::awaitable<void> correct_one(std::string target);
  bool is_foreign(const Kept& kept, const Object& object, const Result<TargetRecord>& record) const;
  void say_foreign(const std::string& target, Kept& kept);
  Async<void> write_spec(Assignment assignment);
  Async<Object> try_to_write_spec(Assignment assignment);
  Async<void> write_status(std::string target);
  Async<std::uint64_t> refresh(ObjectKey key);
  Async<std::uint64_t> list();
  void take(const ObjectEvent& event);
  bool is_known(const Object& object) const;
  void take_object(const Object& object);
  static void keep_status(const Kept& kept, TargetRecord& read);
  void forget(const Object& object);
  void ring(const std::string& target);
  void tell(const std::string& target) const;

  ObjectStore& store_;
  const asio::any_io_executor loop_;
  const Clock& clock_;
  ModuleLog log_;
  TakeReport take_report_;
  Wakeup list_again_, correct_;
  ObjectStore::Watch watch_;
  std::function<void(const std::string&)> told_;
  std::map<std::string, Kept> targets_;  // by name
  bool only_look_ = false, open_ = false;
};

}  // namespace stoker::host
