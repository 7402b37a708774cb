// Listens to one trigger: calls its `next` for hints again and again, and tells it with `watch` which Syncs exist.
// `next` blocks, so each trigger has its own thread for it, and a second one for `watch`. The Controller owns it.
// [event loop]
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/calls/trigger_instance.hpp"
#include "host/controller/pace.hpp"

namespace stoker::host {

class TriggerListener {
 public:
  using Heard = std::function<void(const Hint&)>;
  TriggerListener(asio::any_io_executor loop, const Clock& clock, ModuleLog log);

  Async<void> open(ModuleFactory& factory, const ModuleConfig& module);
  // Listens until `stop`. `syncs` is called before each `next`; it gives the document for the trigger. `heard` is
  // called with each hint. A trigger that fails is asked again after a while, and one that never waits at a bounded
  // pace; each is said once.
  asio::awaitable<void> work(std::function<std::string()> syncs, Heard heard, std::stop_token stop);
  // The list of Syncs may have changed: the trigger gets it also while its `next` waits.
  asio::awaitable<void> tell_changed(std::function<std::string()> syncs);
  Async<void> end();

  const std::string& module_name() const { return trigger_->module_name(); }
  std::size_t written_off() const { return workers_.written_off(); }

 private:
  asio::awaitable<void> tell(std::string syncs);
  asio::awaitable<void> keep_pace(std::stop_token stop);
  std::chrono::milliseconds pause_after(const Error& why);
  void say_failure(const Error& why);
  void say_that_it_answers();

  const Clock& clock_;
  ModuleLog log_;
  Workers workers_;
  std::unique_ptr<TriggerInstance> trigger_;
  std::string told_;              // the document that the trigger got last
  std::string failure_, untold_;  // what was said of `next` and of `watch`
  unsigned failures_ = 0;         // of `next`, in a row
  Pace pace_{20, std::chrono::milliseconds(100)};
  bool pace_said_ = false;
  bool telling_ = false, again_ = false;
};

}  // namespace stoker::host
