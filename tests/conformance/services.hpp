// What the plugin under test is given: the host's own services, and the kind Thing.
#pragma once

#include "host/offered/plugin_host.hpp"

#include <stoker/testing/fake_host.hpp>

namespace conformance {

class Services : stoker_host {
 public:
  Services();
  const stoker_host* raw() const { return this; }

 private:
  static const Services& of(const stoker_host* host) { return *static_cast<const Services*>(host); }

  stoker::host::SystemClock clock_;
  stoker::host::Log log_;
  stoker::host::Metrics metrics_;
  stoker::host::PluginHost host_;
  stoker::testing::FakeKinds kinds_;
};

// One call: a deadline by the clock of the system, and a cancel that somebody else sets.
class RealCall : stoker_call {
 public:
  explicit RealCall(std::chrono::milliseconds limit, const std::atomic<bool>* cancel = nullptr);
  const stoker_call* raw() const { return this; }
  // Why it failed, when `status` is a failure.
  stoker::Error error(stoker_status status) const;

 private:
  const std::chrono::steady_clock::time_point end_;
  const std::atomic<bool>* const cancel_;
  std::optional<stoker::Error> error_;
};

}  // namespace conformance
