// Listens to one trigger: calls its `next` for hints again and again, and tells it with `watch` which Syncs exist.
// `next` blocks, so each trigger has its own thread for it, and a second one for `watch`. The Controller owns it.
// [event loop]
#pragma once

#include "host/calls/module_factory.hpp"
#include "host/calls/trigger_instance.hpp"

namespace stoker::host {

class TriggerListener {
 public:
  using Heard = std::function<void(const Hint&)>;
  TriggerListener(asio::any_io_executor loop, const Clock& clock, ModuleLog log);

  Async<void> open(ModuleFactory& factory, const ModuleConfig& module);
  // Listens until `stop`. `syncs` is called before each `next`; it gives the document for the trigger. `heard` is
  // called with each hint.
  asio::awaitable<void> work(std::function<std::string()> syncs, Heard heard, std::stop_token stop);
  Async<void> end();

  const std::string& module_name() const { return trigger_->module_name(); }
  std::size_t written_off() const { return workers_.written_off(); }

 private:
  asio::awaitable<void> tell(std::string syncs);

  const Clock& clock_;
  ModuleLog log_;
  Workers workers_;
  std::unique_ptr<TriggerInstance> trigger_;
  std::string told_;  // the document that the trigger got last
};

}  // namespace stoker::host
