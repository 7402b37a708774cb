// Log lines as they come out, in both formats.
#include "test_call.hpp"

#include "host/offered/clock.hpp"
#include "host/offered/log.hpp"

#include <stoker/host.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace stoker::host {
namespace {

class LogTest : public ::testing::Test {
 protected:
  LogSettings settings(LogFormat format) {
    LogSettings made;
    made.format = format;
    made.clock = &clock;
    made.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return made;
  }
  ManualClock clock;
  std::vector<std::string> lines;
};

TEST_F(LogTest, TextLineHasTimeLevelModuleMessageAndFields) {
  Log log(settings(LogFormat::text));
  log.module("source-git")
      .info("fetched", {{"sync", "line-a"}, {"n", 3}, {"ok", true}, {"s", 0.25}, {"why", "no \"x\""}});
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z info source-git: fetched sync=line-a n=3 ok=true "
                                            "s=0.25 why=\"no \\\"x\\\"\""});
}

TEST_F(LogTest, JsonLineIsOneObject) {
  clock.advance(std::chrono::milliseconds(7));
  Log log(settings(LogFormat::json));
  log.module("source-git").warning("a \"b\"", {{"sync", "line-a"}, {"n", -3}, {"ok", false}, {"s", 1.5}});
  EXPECT_EQ(lines,
            std::vector<std::string>{
                "{\"ts\":\"2025-01-02T03:04:05.007Z\",\"level\":\"warning\",\"module\":\"source-git\",\"msg\":\"a "
                "\\\"b\\\"\",\"fields\":{\"sync\":\"line-a\",\"n\":-3,\"ok\":false,\"s\":1.5}}"});
}

TEST_F(LogTest, SecretIsRedactedByType) {  // pitfalls P71
  Log log(settings(LogFormat::text));
  const stoker::Secret secret("hunter2");
  log.module("m").error("login", {{"token", secret}});
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z error m: login token=***"});
}

TEST_F(LogTest, AMessageCannotForgeALine) {
  Log log(settings(LogFormat::text));
  log.module("m").info("a\nb\x1b[2J\xC2\x9B", {{"x\ny", "1\n2"}});
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z info m: a\\nb\\u001b[2J\\u009b x_y=\"1\\n2\""});
}

TEST_F(LogTest, InvalidUtf8IsReplaced) {
  Log log(settings(LogFormat::json));
  log.module("m").info("a\xFFz\xC0\x80");
  EXPECT_NE(lines.at(0).find("\"msg\":\"a\uFFFDz\uFFFD\uFFFD\""), std::string::npos);
}

TEST_F(LogTest, MessageIsBounded) {
  Log log(settings(LogFormat::text));
  log.module("m").info(std::string(100'000, 'x'));
  EXPECT_LT(lines.at(0).size(), log_message_bytes_max + 100);
  EXPECT_TRUE(lines.at(0).ends_with("\u2026"));
}

TEST_F(LogTest, LevelIsPerModule) {
  auto made = settings(LogFormat::text);
  made.level = Severity::warning;
  made.modules["loud"] = Severity::debug;
  Log log(std::move(made));
  log.module("quiet").info("no");
  log.module("loud").debug("yes");
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z debug loud: yes"});
}

TEST_F(LogTest, LogOfNothingIsSilent) {
  ModuleLog().error("nobody hears");
  EXPECT_FALSE(ModuleLog().enabled(Severity::error));
}

TEST_F(LogTest, LinesOfThreadsStayWhole) {
  Log log(settings(LogFormat::text));
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([m = log.module("m")] {
        for (int n = 0; n < 50; ++n) m.info("same");
      });
  }
  EXPECT_EQ(lines, std::vector<std::string>(200, "2025-01-02T03:04:05.000Z info m: same"));
}

TEST_F(LogTest, ServiceWritesUnderItsModuleWithTheCall) {
  Log log(settings(LogFormat::text));
  const LogService service(log.module("acme"));
  const TestCall call;
  const stoker_log_field field{{"k", 1}, {"v", 1}};
  service.write(&service, &call, STOKER_LOG_HOST_MISBEHAVING, {"odd", 3}, &field, 1);
  EXPECT_EQ(lines, std::vector<std::string>{"2025-01-02T03:04:05.000Z host-misbehaving acme: odd call=42 k=v"});
}

TEST_F(LogTest, ServiceSaysWhatIsEnabled) {
  Log log(settings(LogFormat::text));
  const LogService service(log.module("acme"));
  EXPECT_EQ(service.enabled(&service, STOKER_LOG_DEBUG), 0);
  EXPECT_EQ(service.enabled(&service, STOKER_LOG_PLUGIN_MISBEHAVING), 1);
}

TEST(SeverityTest, LevelsHaveNames) {
  EXPECT_EQ(severity_of("debug"), Severity::debug);
  EXPECT_EQ(severity_of("loud"), std::nullopt);
}

}  // namespace
}  // namespace stoker::host
