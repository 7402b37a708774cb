// The program as a person and a probe see it: what it prints, how it ends, what its pages say, what it tells a
// receiver.
#include "plant.hpp"
#include "receiver.hpp"

namespace plant {
namespace {

class ProgramTest : public Plant {
 protected:
  std::string config() const { return (folder_ / "stoker.yaml").string(); }
  child::Finished check() const { return stoker({"config", "check", config()}); }
  int status_of(const std::string& path) { return page(path).status; }
};

TEST_F(ProgramTest, PagesAnswer) {
  write_projects(1, 1, "first");
  const std::string first = repository_.commit("First");
  write_config();
  write_sync({});
  start_stoker();
  ASSERT_TRUE(eventually("ready", [&] { return status_of("/readyz") == 200; }));
  ASSERT_TRUE(eventually("applied", [&] { return runs_verified(first); }));
  EXPECT_EQ(status_of("/healthz"), 200);
  ASSERT_TRUE(eventually("the Run is counted",
                         [&] { return metric("stoker_runs_total{outcome=\"applied\",target=\"press-1\"}") == "1"; }));
  const auto targets = page("/");
  EXPECT_EQ(targets.status, 200);
  EXPECT_NE(targets.body.find("press-1  line-a  applied"), std::string::npos) << targets.body;
  EXPECT_EQ(status_of("/nothing"), 404);
}

// Nothing looks again by itself here: what the first look finds must reach targets that are still being opened.
TEST_F(ProgramTest, TheFirstLookReachesEveryTargetWithoutAnyPoll) {
  write_projects(1, 1, "first");
  repository_.commit("First");
  write_config({},
               "  source-git: {settings: {allowFile: true}}\n  strategy-merge: {}\n  verify-json: {enabled: false}\n");
  for (int i = 2; i <= 20; ++i) add_target("press-" + std::to_string(i), "line-a");
  Sync sync;
  sync.polling = false;
  write_sync(sync);
  start_stoker();
  ASSERT_TRUE(eventually("all are applied", [&] { return log_count("outcome=applied") == 20; }));
}

TEST_F(ProgramTest, ConfigCheckSaysFileLineAndColumn) {
  write_text(config(), "state: /tmp/state\nsyncs: syncs\nmodules:\n  strategy-merge: {}\n  nobody-knows: {}\n");
  const child::Finished unknown = check();
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE((unknown.out + unknown.err).find(config() + ":5:"), std::string::npos) << unknown.out << unknown.err;
  EXPECT_NE((unknown.out + unknown.err).find("nobody-knows"), std::string::npos);

  write_text(config(), "state: /tmp/state\nsyncs: syncs\nmodules:\n  strategy-merge: {}\n  strategy-merge: {}\n");
  const child::Finished twice = check();
  EXPECT_EQ(twice.code, 2);
  EXPECT_NE((twice.out + twice.err).find(config() + ":5:3"), std::string::npos) << twice.out << twice.err;

  write_text(config(),
             "state: /tmp/state\nsyncs: syncs\nmodules:\n  verify-ignition: {settings: {scanTimeout: soon}}\n");
  const child::Finished setting = check();
  EXPECT_EQ(setting.code, 2);
  EXPECT_NE((setting.out + setting.err).find(config() + ":4:"), std::string::npos) << setting.out << setting.err;
}

TEST_F(ProgramTest, AModuleThatIsOffIsNotMissed) {
  write_projects(1, 1, "first");
  repository_.write("projects/Line0/data.json", "{ this is no JSON");
  repository_.commit("First");
  write_sync({});
  write_config();
  EXPECT_EQ(check().code, 0);
  EXPECT_EQ(text_at(sync_once(1), "/outcome"), "failed");

  write_config({},
               "  source-git: {settings: {allowFile: true}}\n  strategy-merge: {}\n  verify-json: {enabled: false}\n");
  EXPECT_EQ(check().code, 0);
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
}

TEST_F(ProgramTest, AChangedVarRendersFilesAnewWithoutACommit) {
  repository_.write("conf/tags.json", R"({"line": "{{.Vars.line}}", "gateway": "{{.GatewayName}}"})");
  repository_.write("conf/same.json", "{}");
  repository_.commit("First");
  Sync sync;
  sync.mappings = "          - {source: conf, destination: config/tags, template: true}\n";
  const auto with_line = [&](const std::string& line) {
    sync.more = "        vars: {line: " + line + "}\n";
    write_sync(sync);
  };
  with_line("a");
  write_config();
  const auto first = sync_once(0);
  EXPECT_EQ(text_at(first, "/outcome"), "applied") << json::serialize(first);
  EXPECT_EQ(text_of(data_ / "config/tags/tags.json"), R"({"line": "a", "gateway": "press-1"})");
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "unchanged");

  with_line("b");
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  EXPECT_EQ(text_of(data_ / "config/tags/tags.json"), R"({"line": "b", "gateway": "press-1"})");

  repository_.write("conf/same.json", "\n {{.Vars.area}}");
  repository_.commit("Asks for a var that is not there");
  const auto failed = sync_once(1);
  EXPECT_EQ(text_at(failed, "/outcome"), "failed");
  EXPECT_NE(json::serialize(failed).find("conf/same.json:2:4: .Vars.area"), std::string::npos)
      << json::serialize(failed);
  EXPECT_EQ(text_of(data_ / "config/tags/same.json"), "{}");
}

// features F09
TEST_F(ProgramTest, PatchedFilesReachTheTargetByteForByteAndADryRunShowsThemBefore) {
  repository_.write("conf/web/config.json",
                    "{\r\n  \"settings\": {\"host\": \"x\", \"ttl\": 1.0},\r\n  \"systemName\": \"y\"\r\n}\r\n");
  repository_.write("conf/other.json", R"({"settings": {"host": "x"}})");
  repository_.commit("First");
  Sync sync;
  const auto with_host = [&](const std::string& host) {
    sync.mappings =
        "          - source: conf\n            destination: config\n            patches:\n"
        "              - {file: \"**/config.json\", set: {\"settings.host\": \"" +
        host + "\"}}\n";
    write_sync(sync);
  };
  sync.more = "        normalize: [{files: \"**/config.json\", set: {.systemName: \"{{.GatewayName}}\"}}]\n";
  with_host("{{.GatewayName}}.example");
  write_config();
  const child::Finished shown = stoker({"sync", "--dry-run", "-c", config()});
  EXPECT_EQ(shown.code, 0) << shown.out << shown.err;
  EXPECT_NE(shown.out.find("web/config.json"), std::string::npos) << shown.out;
  EXPECT_FALSE(fs::exists(data_ / "config"));
  const auto first = sync_once(0);
  EXPECT_EQ(text_at(first, "/outcome"), "applied") << json::serialize(first);
  EXPECT_EQ(
      text_of(data_ / "config/web/config.json"),
      "{\r\n  \"settings\": {\"host\": \"press-1.example\", \"ttl\": 1.0},\r\n  \"systemName\": \"press-1\"\r\n}\r\n");
  EXPECT_EQ(text_of(data_ / "config/other.json"), R"({"settings": {"host": "x"}})");
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "unchanged");

  with_host("other.example");
  const child::Finished next = stoker({"sync", "--dry-run", "-c", config()});
  EXPECT_NE(next.out.find("planned 1 change "), std::string::npos) << next.out;
  EXPECT_NE(next.out.find("~ config/web/config.json"), std::string::npos) << next.out;
  EXPECT_EQ(next.out.find("other.json"), std::string::npos) << next.out;
  EXPECT_NE(text_of(data_ / "config/web/config.json").find("press-1.example"), std::string::npos);
  EXPECT_EQ(text_at(sync_once(0), "/outcome"), "applied");
  EXPECT_NE(text_of(data_ / "config/web/config.json").find("\"other.example\", \"ttl\": 1.0"), std::string::npos);

  with_host("{{.Vars.nobody}}");
  const auto failed = sync_once(1);
  EXPECT_NE(json::serialize(failed).find("mapping[0].patches[0]: value for 'settings.host': "), std::string::npos)
      << json::serialize(failed);
}

TEST_F(ProgramTest, RunWithAPluginThatIsMissingNamesItWithItsCode) {
  repository_.commit("First");
  write_sync({});
  write_config("  trigger-lost: {library: " + (folder_ / "lost.so").string() + "}\n");
  const child::Finished ended = stoker({"run", "-c", config()});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.err.find("lost"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("STK-P"), std::string::npos) << ended.err;
}

TEST_F(ProgramTest, RunWithAPluginOfAnotherMajorNamesItWithItsCode) {
  repository_.commit("First");
  write_sync({});
  write_config("  faulty-major: {library: " STOKER_FAULTY_DIR "/faulty-major.so}\n");
  const child::Finished ended = stoker({"run", "-c", config()});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.err.find("faulty-major"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("STK-P"), std::string::npos) << ended.err;
}

// pitfalls P71. faulty-sleeps is a verifier and a notifier: it never answers anybody.
TEST_F(ProgramTest, ReadinessDoesNotWaitForAPluginThatSleepsForEver) {
  write_projects(1, 1, "first");
  repository_.commit("First");
  write_sync({});
  write_config("  faulty-sleeps: {library: " STOKER_FAULTY_DIR "/faulty-sleeps.so, required: false}\n");
  start_stoker();
  ASSERT_TRUE(eventually("running", [&] { return log_count("running targets=1") > 0; }));
  const auto running = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually("ready", [&] { return status_of("/readyz") == 200; }));
  EXPECT_LT(std::chrono::steady_clock::now() - running, std::chrono::seconds(5)) << "an observe may take 15 s";
  ASSERT_TRUE(eventually("the call is written off", [&] { return status_of("/healthz") == 503; }));
  for (int i = 0; i < 20; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(status_of("/readyz"), 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(100));
  }
  stoker_.kill_now();  // the end waits for the notifier's deadline
}

// pitfalls P68
TEST_F(ProgramTest, AWebhookIsToldAtLeastOnceAcrossARestartUnderOneKey) {
  Receiver receiver;
  receiver.answer(503);
  write_projects(1, 1, "first");
  const std::string first = repository_.commit("First");
  write_sync({});
  write_config("  notify-webhook: {settings: {url: \"" + receiver.url() + "\"}}\n");
  start_stoker();
  ASSERT_TRUE(eventually("a first attempt", [&] { return !receiver.requests().empty(); }));
  stoker_.kill_now();
  const std::size_t refused = receiver.requests().size();
  const std::string key = receiver.requests().front().key;
  ASSERT_FALSE(key.empty());
  receiver.answer(200);
  start_stoker();
  ASSERT_TRUE(eventually("told after the restart", [&] { return receiver.requests().size() > refused; }));
  const Receiver::Request told = receiver.requests().at(refused);
  EXPECT_EQ(told.key, key);
  boost::system::error_code bad;
  const json::value report = json::parse(told.body, bad);
  ASSERT_FALSE(bad) << told.body;
  EXPECT_EQ(text_at(report, "/outcome"), "applied");
  EXPECT_EQ(text_at(report, "/revision"), first);
  const fs::path notice = state_ / "notices/notify-webhook" / (key + ".json");
  EXPECT_TRUE(eventually("it is forgotten then", [&] { return !fs::exists(notice); }));
}

}  // namespace
}  // namespace plant
