// The host as one plugin instance sees it, through the C++ glue that plugins use.
#include "host/offered/plugin_host.hpp"

#include <stoker/host.hpp>

#include <gtest/gtest.h>

namespace stoker::host {
namespace {

class PluginHostTest : public ::testing::Test {
 protected:
  stoker_status value(std::string_view text, std::string_view pointer) {
    stoker_text_sink sink{this, [](void*, const stoker_str*, std::size_t) -> stoker_status { return STOKER_OK; }};
    return made.raw()->value(made.raw(), str(text), str(pointer), 1, sink);
  }
  std::vector<std::string> lines;
  LogSettings settings() {
    LogSettings captured;
    captured.sink = [this](std::string_view line) { lines.emplace_back(line); };
    captured.clock = &clock;
    return captured;
  }
  ManualClock clock;
  Log log{settings()};
  Metrics metrics;
  PluginHost made{
      "acme", {STOKER_LOG_ID, STOKER_CLOCK_ID, STOKER_METRICS_ID, "stoker.unheard-of/1"}, log, clock, metrics};
  stoker::Host seen{made.raw()};
  const std::string document = R"({"b":"x\"y","a":{"n":10,"d":10.0,"t":true,"z":null},"l":["p",{"q":1}],"s/l~a":"e"})";
};

TEST_F(PluginHostTest, GivesTheServicesOfTheManifest) {
  seen.log().info("hello");
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z info acme: hello"});
  EXPECT_EQ(seen.clock().wall_ms(), clock.wall_ms());
}

TEST_F(PluginHostTest, AServiceThatTheManifestDoesNotNeedIsNullAndCounted) {
  EXPECT_EQ(made.raw()->query(made.raw(), str(STOKER_HTTP_CLIENT_ID)), nullptr);
  EXPECT_NE(metrics.text().find("stoker_plugin_services_refused_total{module=\"acme\"} 1"), std::string::npos);
}

TEST_F(PluginHostTest, AServiceThatThisHostDoesNotKnowIsNull) {
  EXPECT_EQ(made.raw()->query(made.raw(), str("stoker.unheard-of/1")), nullptr);
}

TEST_F(PluginHostTest, GivesTheHttpClientToWhomNeedsIt) {
  const PluginHost other("web", {STOKER_HTTP_CLIENT_ID}, log, clock, metrics);
  EXPECT_NE(other.raw()->query(other.raw(), str(STOKER_HTTP_CLIENT_ID)), nullptr);
}

TEST_F(PluginHostTest, GivesTheKindsToWhomNeedsThem) {
  stoker_kinds kinds{};
  const PluginHost other("store", {STOKER_KINDS_ID}, log, clock, metrics, &kinds);
  EXPECT_EQ(other.raw()->query(other.raw(), str(STOKER_KINDS_ID)), &kinds);
  const PluginHost without("store", {STOKER_KINDS_ID}, log, clock, metrics);
  EXPECT_EQ(without.raw()->query(without.raw(), str(STOKER_KINDS_ID)), nullptr);
}

TEST_F(PluginHostTest, ReadsValuesByPointer) {
  EXPECT_EQ(seen.value(document, "/b"), "x\"y");
  EXPECT_EQ(seen.value(document, "/b", false), "\"x\\\"y\"");
  EXPECT_EQ(seen.value(document, "/a/n"), "10");
  EXPECT_EQ(seen.value(document, "/a/d"), "10");
  EXPECT_EQ(seen.value(document, "/a/t"), "true");
  EXPECT_EQ(seen.value(document, "/l/1"), "{\"q\":1}");
  EXPECT_EQ(seen.value(document, "/s~1l~0a"), "e");
  EXPECT_EQ(seen.value("[1]", ""), "[1]");
}

TEST_F(PluginHostTest, SaysWhatIsNotThereAndWhatIsNoJson) {
  EXPECT_EQ(value(document, "/nope/deeper"), STOKER_E_NOT_FOUND);
  EXPECT_EQ(value(document, "/l/7"), STOKER_E_NOT_FOUND);
  EXPECT_EQ(value(document, "/b/x"), STOKER_E_NOT_FOUND);
  EXPECT_EQ(value(document, "b"), STOKER_E_INVALID);
  EXPECT_EQ(value("{", ""), STOKER_E_INVALID);
  EXPECT_EQ(value(std::string(STOKER_DOCUMENT_BYTES_MAX + 1, ' '), ""), STOKER_E_INVALID);
}

TEST_F(PluginHostTest, ListsKeysInDocumentOrder) {
  EXPECT_EQ(seen.keys(document, "/a"), (std::vector<std::string>{"n", "d", "t", "z"}));
  EXPECT_EQ(seen.keys(document, "/l"), (std::vector<std::string>{"0", "1"}));
  EXPECT_EQ(seen.keys(document, "/b"), std::vector<std::string>{});
}

TEST_F(PluginHostTest, AChangedDocumentAtTheSamePlaceIsReadAgain) {
  std::string text = R"({"a":1})";
  EXPECT_EQ(seen.value(text, "/a"), "1");
  text[5] = '2';
  EXPECT_EQ(seen.value(text, "/a"), "2");
}

TEST_F(PluginHostTest, MetricsAreDeclaredUntilCreated) {
  seen.metric(STOKER_METRIC_COUNTER, "stoker_acme_total", "x").record(1);
  made.created();
  seen.metric(STOKER_METRIC_COUNTER, "stoker_acme_late_total", "x").record(1);
  EXPECT_NE(metrics.text().find("stoker_acme_total{module=\"acme\"} 1"), std::string::npos);
  EXPECT_EQ(metrics.text().find("stoker_acme_late_total"), std::string::npos);
}

}  // namespace
}  // namespace stoker::host
