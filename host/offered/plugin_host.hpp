// What one module instance can use of the host: the services that its manifest names, and functions that read JSON. The
// owner of the instance owns it, makes it before the instance and destroys it after the instance. [any thread]
#pragma once

#include "host/offered/clock.hpp"
#include "host/offered/http_client.hpp"
#include "host/offered/log.hpp"
#include "host/offered/metrics.hpp"

#include <stoker/abi/services.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace stoker::host {

class PluginHost {
 public:
  // `needs` are service ids of the manifest ("stoker.log/1"); log, clock, metrics and kinds must outlive this. `kinds`:
  // the service "stoker.kinds/1", which lies in a room above this one; null: it is not given.
  PluginHost(std::string module, std::vector<std::string> needs, Log& log, const Clock& clock, Metrics& metrics,
             const stoker_kinds* kinds = nullptr);
  ~PluginHost();
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  const stoker_host* raw() const { return &face_; }
  // Called when `create` has returned. From here on no metric can be declared.
  void created() { metrics_service_.close(); }

 private:
  struct Face : stoker_host {
    const PluginHost* owner;
  };
  struct Parsed;  // the last parsed document, because plugins ask for its values one after the other
  static const PluginHost& of(const stoker_host* face) { return *static_cast<const Face*>(face)->owner; }
  const void* service(std::string_view id) const;
  void warn_of_missing_need(std::string_view id) const;
  std::shared_ptr<const Parsed> parsed(std::string_view document) const;

  const std::string module_;
  const std::vector<std::string> needs_;
  Face face_;
  const ModuleLog log_;
  LogService log_service_;
  ClockService clock_service_;
  MetricsService metrics_service_;
  HttpClient http_client_;
  const stoker_kinds* const kinds_;
  Metric refused_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const Parsed> last_;
  mutable std::set<std::string, std::less<>> missing_;  // ids that were asked for and not given; bounded
};

}  // namespace stoker::host
