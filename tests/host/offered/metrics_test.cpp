// Metrics as Prometheus reads them, and what a plugin may do with them.
#include "host/offered/metrics.hpp"

#include <stoker/records.hpp>

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

using ::testing::Test;

bool has(const Metrics& metrics, std::string_view line) { return metrics.text().find(line) != std::string::npos; }

TEST(MetricsTest, CountersAddGaugesSet) {
  Metrics metrics;
  const Metric runs = metrics.counter("stoker_runs_total", "Runs", {"outcome"});
  runs.record(1, {"applied"});
  runs.record(2, {"applied"});
  const Metric ready = metrics.gauge("stoker_ready", "Ready");
  ready.record(5);
  ready.record(1);
  EXPECT_EQ(
      metrics.text(),
      "# HELP stoker_runs_total Runs\n# TYPE stoker_runs_total counter\nstoker_runs_total{outcome=\"applied\"} 3\n"
      "# HELP stoker_ready Ready\n# TYPE stoker_ready gauge\nstoker_ready 1\n");
}

TEST(MetricsTest, HistogramsHaveTheHostsBuckets) {
  Metrics metrics;
  metrics.histogram("stoker_stage_seconds", "Stages", {"stage"}).record(0.3, {"plan"});
  EXPECT_TRUE(has(metrics, "stoker_stage_seconds_bucket{stage=\"plan\",le=\"0.5\"} 1"));
  EXPECT_TRUE(has(metrics, "stoker_stage_seconds_bucket{stage=\"plan\",le=\"0.25\"} 0"));
}

TEST(MetricsTest, WrongLabelsAndNegativeCountsAreIgnored) {
  Metrics metrics;
  const Metric runs = metrics.counter("stoker_runs_total", "Runs", {"outcome"});
  runs.record(1);
  runs.record(1, {"a", "b"});
  runs.record(-1, {"a"});
  EXPECT_FALSE(has(metrics, "stoker_runs_total{outcome=\"a\"} -1"));
}

TEST(MetricsTest, BadNamesAreRefused) {
  Metrics metrics;
  EXPECT_TRUE(metrics.declare(MetricKind::gauge, "acme_x", "", {}).error() == errc::invalid);
  EXPECT_TRUE(metrics.declare(MetricKind::gauge, "stoker_X", "", {}).error() == errc::invalid);
  EXPECT_TRUE(metrics.declare(MetricKind::gauge, "stoker_", "", {}).error() == errc::invalid);
  EXPECT_TRUE(metrics.declare(MetricKind::histogram, "stoker_x", "", {"le"}).error() == errc::invalid);
  EXPECT_TRUE(metrics.declare(MetricKind::gauge, "stoker_x", "", {"a", "a"}).error() == errc::invalid);
}

TEST(MetricsTest, AnotherTypeOfAKnownNameIsRefused) {
  Metrics metrics;
  (void)metrics.counter("stoker_x_total", "x");
  EXPECT_TRUE(metrics.declare(MetricKind::gauge, "stoker_x_total", "x", {}).error() == errc::invalid);
}

TEST(MetricsTest, SeriesOfAGoneTargetAreRemoved) {
  Metrics metrics;
  const Metric synced = metrics.gauge("stoker_synced", "Synced", {"target"});
  synced.record(1, {"press-1"});
  synced.record(1, {"press-2"});
  metrics.remove("target", "press-1");
  EXPECT_FALSE(has(metrics, "press-1"));
  EXPECT_TRUE(has(metrics, "stoker_synced{target=\"press-2\"} 1"));
}

TEST(MetricsTest, PastTheBoundTheRestIsOther) {
  Metrics metrics;
  const Metric x = *metrics.declare(MetricKind::counter, "stoker_x_total", "x", {"who"}, 2);
  for (const char* who : {"a", "b", "c", "d", "a"}) x.record(1, {who});
  EXPECT_TRUE(has(metrics, "{who=\"a\"} 2"));
  EXPECT_TRUE(has(metrics, "{who=\"other\"} 2"));
}

TEST(MetricsTest, RemovedSeriesMakeRoomAgain) {
  Metrics metrics;
  const Metric x = *metrics.declare(MetricKind::counter, "stoker_x_total", "x", {"who"}, 1);
  x.record(1, {"a"});
  metrics.remove("who", "a");
  x.record(1, {"b"});
  EXPECT_TRUE(has(metrics, "{who=\"b\"} 1"));
}

class MetricsServiceTest : public Test {
 protected:
  stoker_status declare(std::string_view name, std::vector<stoker_str> labels = {}) {
    const stoker_metric metric{str(name), str("help"), labels.data(), labels.size(), STOKER_METRIC_COUNTER, 0};
    return service.declare(&service, &metric, &handle);
  }
  void record(std::vector<stoker_str> values) { service.record(&service, handle, values.data(), values.size(), 1); }
  std::vector<std::string> lines;
  Log log{[this] {
    LogSettings settings;
    settings.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return settings;
  }()};
  Metrics metrics;
  MetricsService service{metrics, "git-a", log.module("git-a")};
  std::uint64_t handle = 0;
};

TEST_F(MetricsServiceTest, RecordsUnderItsModule) {
  ASSERT_EQ(declare("stoker_git_fetch_total", {str("operation")}), STOKER_OK);
  record({str("clone")});
  EXPECT_TRUE(has(metrics, "stoker_git_fetch_total{module=\"git-a\",operation=\"clone\"} 1"));
}

TEST_F(MetricsServiceTest, RefusesABadNameAndTooMany) {
  EXPECT_EQ(declare("git_fetch"), STOKER_E_INVALID);
  for (std::size_t i = 0; i < metrics_per_instance_max; ++i)
    ASSERT_EQ(declare("stoker_a" + std::to_string(i)), STOKER_OK);
  EXPECT_EQ(declare("stoker_one_more"), STOKER_E_EXHAUSTED);
}

TEST_F(MetricsServiceTest, RefusesDeclarationsAfterCreateAndSaysSoOnce) {
  service.close();
  EXPECT_EQ(declare("stoker_a"), STOKER_E_INVALID);
  EXPECT_EQ(declare("stoker_b"), STOKER_E_INVALID);
  EXPECT_EQ(lines.size(), 1u);
}

TEST_F(MetricsServiceTest, KeepsItsModuleWhenLabelsOverflow) {
  ASSERT_EQ(declare("stoker_a_total", {str("who")}), STOKER_OK);
  for (std::size_t i = 0; i < metric_series_max + 5; ++i) record({str(std::to_string(i))});
  EXPECT_TRUE(has(metrics, "stoker_a_total{module=\"git-a\",who=\"other\"} 5"));
}

TEST_F(MetricsServiceTest, UnknownHandleRecordsNothing) {
  handle = 99;
  record({});
  EXPECT_EQ(metrics.text(), "");
}

TEST_F(MetricsServiceTest, SeriesGoWithTheInstance) {
  {
    MetricsService other(metrics, "git-b", log.module("git-b"));
    const stoker_metric metric{str("stoker_a_total"), str(""), nullptr, 0, STOKER_METRIC_COUNTER, 0};
    ASSERT_EQ(other.declare(&other, &metric, &handle), STOKER_OK);
    other.record(&other, handle, nullptr, 0, 1);
    EXPECT_TRUE(has(metrics, "git-b"));
  }
  EXPECT_FALSE(has(metrics, "git-b"));
}

}  // namespace
}  // namespace stoker::host
