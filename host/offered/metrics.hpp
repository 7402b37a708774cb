// The metrics of the host and their text for Prometheus. Made once in main; a part that counts something holds a
// Metric. MetricsService offers them to one plugin instance as "stoker.metrics/1". [any thread]
#pragma once

#include "host/offered/log.hpp"

#include <stoker/abi/services.h>
#include <stoker/result.hpp>

#include <atomic>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

enum class MetricKind : std::uint32_t {
  counter = STOKER_METRIC_COUNTER,
  gauge = STOKER_METRIC_GAUGE,
  histogram = STOKER_METRIC_HISTOGRAM,  // seconds
};

struct MetricFamily;  // in metrics.cpp

// One metric with the names of its labels. It can be copied. One that was made by default records nothing. The Metrics
// must outlive it.
class Metric {
 public:
  Metric() = default;
  // Adds to a counter, sets a gauge, observes into a histogram. Ignores a value that is not a number,
  // and a call with another number of labels.
  void record(double value, std::span<const std::string_view> labels) const;
  void record(double value, std::initializer_list<std::string_view> labels = {}) const {
    record(value, std::span(labels.begin(), labels.size()));
  }
  // Removes the series with these labels: nobody knows its value any more.
  void forget(std::initializer_list<std::string_view> labels) const;

 private:
  friend class Metrics;
  explicit Metric(MetricFamily* family) : family_(family) {}
  MetricFamily* family_ = nullptr;
};

inline constexpr std::size_t metric_labels_max = 10;
inline constexpr std::size_t metric_series_max = 100;        // of one metric of one plugin instance
inline constexpr std::size_t metric_series_host_max = 2000;  // of one metric of the host

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The name has to match ^stoker_[a-z0-9_]+$ and must be new, or declared before in the same way. At most `series_max`
  // combinations of label values are kept (with `per_first`: for each value of the first label). All others are counted
  // as "other".
  Result<Metric> declare(MetricKind kind, std::string_view name, std::string_view help,
                         const std::vector<std::string>& labels, std::size_t series_max = metric_series_host_max,
                         bool per_first = false);
  // The same for metrics of the host. A bad declaration is a mistake in the program and throws std::logic_error.
  Metric counter(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});
  Metric gauge(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});
  Metric histogram(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});

  // Removes every series in which `label` has this value, when a target or a module was removed.
  void remove(std::string_view label, std::string_view value);
  // Text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

inline constexpr std::size_t metrics_per_instance_max = 50;

// The table "stoker.metrics/1" that one instance gets. Its metrics have the label `module` before their own, so that
// two instances of a plugin do not overwrite each other. They are removed together with the service.
class MetricsService final : public stoker_metrics {
 public:
  MetricsService(Metrics& metrics, std::string module, ModuleLog log);
  ~MetricsService();
  MetricsService(const MetricsService&) = delete;
  MetricsService& operator=(const MetricsService&) = delete;
  // Called when `create` has returned. From here on declarations are refused.
  void close() { open_.store(false); }

 private:
  static MetricsService& of(const stoker_metrics* table);
  stoker_status declare_one(const stoker_metric& metric, std::uint64_t& handle);
  void record_one(std::uint64_t handle, const stoker_str* values, std::size_t count, double value);
  void misbehaves(std::string_view what);

  struct Declared {
    Metric metric;
    std::size_t labels = 0;
  };
  Metrics& metrics_;
  const std::string module_;
  const ModuleLog log_;
  std::atomic<bool> open_{true};
  std::atomic<bool> complained_{false};
  std::mutex mutex_;
  std::vector<Declared> declared_;  // a handle is the index plus 1
};

}  // namespace stoker::host
