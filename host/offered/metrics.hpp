// The host's metrics and their text for Prometheus. Made once in main; everything that counts holds a Metric.
// MetricsService shows them to one plugin instance as "stoker.metrics/1". [any thread]
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

// One metric with its label names. A copy is as good; made of nothing it records nothing; the Metrics must outlive it.
class Metric {
 public:
  Metric() = default;
  // Adds to a counter, sets a gauge, observes into a histogram. Ignored: not as many values as labels, no number.
  void record(double value, std::span<const std::string_view> labels) const;
  void record(double value, std::initializer_list<std::string_view> labels = {}) const {
    record(value, std::span(labels.begin(), labels.size()));
  }

 private:
  friend class Metrics;
  explicit Metric(MetricFamily* family) : family_(family) {}
  MetricFamily* family_ = nullptr;
};

inline constexpr std::size_t metric_labels_max = 10;
inline constexpr std::size_t metric_series_max = 100;        // of one metric of one plugin instance
inline constexpr std::size_t metric_series_host_max = 2000;  // of one of the host's own

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A name ^stoker_[a-z0-9_]+$ that is new or was declared in the same way; past `series_max` label combinations (of
  // one value of the first label, if `per_first`) the rest is counted under "other".
  Result<Metric> declare(MetricKind kind, std::string_view name, std::string_view help,
                         const std::vector<std::string>& labels, std::size_t series_max = metric_series_host_max,
                         bool per_first = false);
  // The same for the host's own; a bad declaration is a broken program and throws std::logic_error.
  Metric counter(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});
  Metric gauge(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});
  Metric histogram(std::string_view name, std::string_view help, const std::vector<std::string>& labels = {});

  // Drops every series in which `label` has this value: the target is gone, the module was removed.
  void remove(std::string_view label, std::string_view value);
  // Text exposition format 0.0.4.
  std::string text() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

inline constexpr std::size_t metrics_per_instance_max = 50;

// "stoker.metrics/1" of one instance. Its metrics carry the label `module` before their own, so that two instances of a
// plugin do not write over each other; they are dropped with the service.
class MetricsService final : public stoker_metrics {
 public:
  MetricsService(Metrics& metrics, std::string module, ModuleLog log);
  ~MetricsService();
  MetricsService(const MetricsService&) = delete;
  MetricsService& operator=(const MetricsService&) = delete;
  // `create` is over: declarations are refused from here on.
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
  std::vector<Declared> declared_;  // a handle is the index and one
};

}  // namespace stoker::host
