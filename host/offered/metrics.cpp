// See metrics.hpp. Only this file includes prometheus-cpp.
#include "host/offered/metrics.hpp"
#include "host/base/printable.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <stdexcept>
#include <variant>

namespace stoker::host {
namespace {

constexpr std::size_t label_value_bytes_max = 256;

std::string_view text_of(stoker_str s) { return s.len ? std::string_view(s.ptr, s.len) : std::string_view(); }

bool plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 200 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

bool metric_name(std::string_view name) { return name.size() > 7 && name.starts_with("stoker_") && plain_name(name); }

bool label_names(const std::vector<std::string>& labels) {
  for (const std::string& label : labels) {
    const bool reserved =
        label == "le" || label.starts_with("__") || (!label.empty() && label[0] >= '0' && label[0] <= '9');
    if (reserved || !plain_name(label) || std::ranges::count(labels, label) != 1) return false;
  }
  return labels.size() <= metric_labels_max;
}

// The buckets of a histogram in seconds, from a local read to the longest Run.
const prometheus::Histogram::BucketBoundaries buckets = {0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1,  2.5,
                                                         5,     10,   30,   60,  120,  300, 600};

using Values = std::vector<std::string>;

}  // namespace

struct MetricFamily {
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;
  using Histograms = prometheus::Family<prometheus::Histogram>;
  using Series = std::variant<prometheus::Counter*, prometheus::Gauge*, prometheus::Histogram*>;

  MetricKind kind;
  std::vector<std::string> labels;
  std::size_t series_max;
  bool per_first;
  std::variant<Counters*, Gauges*, Histograms*> family;
  std::mutex mutex;
  std::map<Values, Series> series;
  std::map<std::string, std::size_t> combinations;  // by the value of the first label, or ""; without "other"

  std::string group(const Values& values) const { return per_first && !values.empty() ? values[0] : std::string(); }
  Values overflow(Values values) const {
    std::fill(values.begin() + (per_first && !values.empty() ? 1 : 0), values.end(), "other");
    return values;
  }
  Series add(const Values& values) {
    prometheus::Labels named;
    for (std::size_t i = 0; i < labels.size(); ++i) named.emplace(labels[i], values[i]);
    if (auto* counters = std::get_if<Counters*>(&family)) return &(*counters)->Add(named);
    if (auto* gauges = std::get_if<Gauges*>(&family)) return &(*gauges)->Add(named);
    return &std::get<Histograms*>(family)->Add(named, buckets);
  }
  void drop(const Series& one) {
    if (auto* counter = std::get_if<prometheus::Counter*>(&one)) return std::get<Counters*>(family)->Remove(*counter);
    if (auto* gauge = std::get_if<prometheus::Gauge*>(&one)) return std::get<Gauges*>(family)->Remove(*gauge);
    std::get<Histograms*>(family)->Remove(std::get<prometheus::Histogram*>(one));
  }
  void forget(const Values& values) {
    const auto known = series.find(values);
    if (known == series.end()) return;
    drop(known->second);
    if (values != overflow(values) && --combinations[group(values)] == 0) combinations.erase(group(values));
    series.erase(known);
  }
  Series& find(Values values) {
    if (auto known = series.find(values); known != series.end()) return known->second;
    if (std::size_t& used = combinations[group(values)]; used >= series_max)
      values = overflow(std::move(values));
    else if (values != overflow(values))
      ++used;
    if (auto known = series.find(values); known != series.end()) return known->second;
    return series.emplace(values, add(values)).first->second;
  }
};

void Metric::record(double value, std::span<const std::string_view> labels) const {
  if (!family_ || labels.size() != family_->labels.size() || std::isnan(value)) return;
  Values values;
  for (std::string_view label : labels) values.push_back(printable(label, label_value_bytes_max));
  const std::lock_guard lock(family_->mutex);
  MetricFamily::Series& series = family_->find(std::move(values));
  if (auto* counter = std::get_if<prometheus::Counter*>(&series)) {
    if (value >= 0 && std::isfinite(value)) (*counter)->Increment(value);
  } else if (auto* gauge = std::get_if<prometheus::Gauge*>(&series)) {
    (*gauge)->Set(value);
  } else {
    std::get<prometheus::Histogram*>(series)->Observe(value);
  }
}

void Metric::forget(std::initializer_list<std::string_view> labels) const {
  if (!family_) return;
  Values values;
  for (std::string_view label : labels) values.push_back(printable(label, label_value_bytes_max));
  const std::lock_guard lock(family_->mutex);
  family_->forget(values);
}

struct Metrics::Families {
  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<MetricFamily>, std::less<>> by_name;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

Result<Metric> Metrics::declare(MetricKind kind, std::string_view name, std::string_view help,
                                const std::vector<std::string>& labels, std::size_t series_max, bool per_first) {
  const std::string named(name);
  const bool known_kind = kind >= MetricKind::counter && kind <= MetricKind::histogram;
  if (!metric_name(name) || !label_names(labels) || !known_kind)
    return Error(errc::invalid, "metrics: bad name, label or type of " + printable(name, 200), "metrics.bad-name");
  const std::lock_guard lock(families_->mutex);
  if (const auto known = families_->by_name.find(name); known != families_->by_name.end()) {
    if (known->second->kind == kind && known->second->labels == labels) return Metric(known->second.get());
    return Error(errc::invalid, "metrics: " + named + " is declared with another type or labels", "metrics.bad-name");
  }
  auto& registry = families_->registry;
  auto family = std::make_unique<MetricFamily>();
  family->kind = kind;
  family->labels = labels;
  family->series_max = series_max;
  family->per_first = per_first;
  const std::string about = printable(help, 500);
  if (kind == MetricKind::counter)
    family->family = &prometheus::BuildCounter().Name(named).Help(about).Register(registry);
  else if (kind == MetricKind::gauge)
    family->family = &prometheus::BuildGauge().Name(named).Help(about).Register(registry);
  else
    family->family = &prometheus::BuildHistogram().Name(named).Help(about).Register(registry);
  return Metric(families_->by_name.emplace(named, std::move(family)).first->second.get());
}

namespace {
Metric own(Result<Metric> declared) {
  if (!declared) throw std::logic_error(declared.error().message);
  return *declared;
}
}  // namespace

Metric Metrics::counter(std::string_view name, std::string_view help, const std::vector<std::string>& labels) {
  return own(declare(MetricKind::counter, name, help, labels));
}
Metric Metrics::gauge(std::string_view name, std::string_view help, const std::vector<std::string>& labels) {
  return own(declare(MetricKind::gauge, name, help, labels));
}
Metric Metrics::histogram(std::string_view name, std::string_view help, const std::vector<std::string>& labels) {
  return own(declare(MetricKind::histogram, name, help, labels));
}

void Metrics::remove(std::string_view label, std::string_view value) {
  const std::string wanted = printable(value, label_value_bytes_max);
  const std::lock_guard lock(families_->mutex);
  for (auto& named : families_->by_name) {
    MetricFamily* const family = named.second.get();
    const auto at = std::ranges::find(family->labels, label) - family->labels.begin();
    if (static_cast<std::size_t>(at) == family->labels.size()) continue;
    const std::lock_guard of_family(family->mutex);
    std::erase_if(family->series, [&](const auto& one) {
      const Values& values = one.first;
      if (values[static_cast<std::size_t>(at)] != wanted) return false;
      family->drop(one.second);
      if (values != family->overflow(values)) --family->combinations[family->group(values)];
      return true;
    });
    std::erase_if(family->combinations, [](const auto& group) { return group.second == 0; });
  }
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(families_->registry.Collect()); }

MetricsService::MetricsService(Metrics& metrics, std::string module, ModuleLog log)
    : stoker_metrics{}, metrics_(metrics), module_(std::move(module)), log_(std::move(log)) {
  struct_size = sizeof(stoker_metrics);
  declare = [](const stoker_metrics* table, const stoker_metric* metric, std::uint64_t* handle) -> stoker_status {
    try {
      return of(table).declare_one(*metric, *handle);
    } catch (const std::exception&) {
      return STOKER_E_EXHAUSTED;
    }
  };
  record = [](const stoker_metrics* table, std::uint64_t handle, const stoker_str* values, std::size_t count,
              double value) {
    try {
      of(table).record_one(handle, values, count, value);
    } catch (const std::exception&) {  // out of memory: the sample is lost, because no exception may reach the plugin
    }
  };
}

// The constructor made every table, and none of them is const.
MetricsService& MetricsService::of(const stoker_metrics* table) {
  return const_cast<MetricsService&>(static_cast<const MetricsService&>(*table));
}

MetricsService::~MetricsService() { metrics_.remove("module", module_); }

stoker_status MetricsService::declare_one(const stoker_metric& metric, std::uint64_t& handle) {
  if (!open_.load()) {
    misbehaves("the plugin declared a metric after create() had returned");
    return STOKER_E_INVALID;
  }
  const std::lock_guard lock(mutex_);
  if (declared_.size() >= metrics_per_instance_max) return STOKER_E_EXHAUSTED;
  if (metric.labels_count >= metric_labels_max) return STOKER_E_INVALID;
  std::vector<std::string> labels = {"module"};
  for (std::size_t i = 0; i < metric.labels_count; ++i) labels.emplace_back(text_of(metric.labels[i]));
  auto declared = metrics_.declare(static_cast<MetricKind>(metric.type), text_of(metric.name), text_of(metric.help),
                                   labels, metric_series_max, true);
  if (!declared) return STOKER_E_INVALID;
  declared_.push_back({*declared, metric.labels_count});
  handle = declared_.size();
  return STOKER_OK;
}

void MetricsService::record_one(std::uint64_t handle, const stoker_str* values, std::size_t count, double value) {
  Declared known;
  {
    const std::lock_guard lock(mutex_);
    if (handle >= 1 && handle <= declared_.size()) known = declared_[static_cast<std::size_t>(handle - 1)];
  }
  if (handle == 0) return;  // a metric that could not be declared
  if (count != known.labels)
    return misbehaves("the plugin recorded an unknown metric, or a wrong number of label values");
  std::array<std::string_view, metric_labels_max> all{module_};
  for (std::size_t i = 0; i < count; ++i) all[i + 1] = text_of(values[i]);
  known.metric.record(value, std::span(all.data(), count + 1));
}

void MetricsService::misbehaves(std::string_view what) {
  if (!complained_.exchange(true)) log_.write(Severity::plugin_misbehaving, what, {});
}

}  // namespace stoker::host
