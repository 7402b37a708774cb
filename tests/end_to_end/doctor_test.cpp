// `stoker doctor` as a person runs it, before a gateway that is as it should be, one with the permissions it came with,
// and beside a Stoker that works.
#include "plant.hpp"
#include "receiver.hpp"

#include <signal.h>

namespace plant {
namespace {

using ignition_sim::Kind;

class DoctorTest : public Plant {
 protected:
  void prepare() {
    write_projects(1, 1, "first");
    first_ = repository_.commit("First");
    write_sync({});
    write_config("  notify-webhook: {settings: {url: \"" + receiver_.url() + "\"}}\n");
  }
  child::Finished doctor(child::Arguments more = {}) const {
    more.insert(more.begin(), {"doctor", "-c", (folder_ / "stoker.yaml").string()});
    return stoker(more);
  }
  // The check of this name as `-o json` has it: "status: text -> remedy".
  static std::string check(const child::Finished& ended, std::string_view name) {
    boost::system::error_code bad;
    const json::value document = json::parse(ended.out, bad);
    const json::value* checks = bad ? nullptr : document.find_pointer("/targets/0/checks", bad);
    if (!checks) return "no JSON: " + ended.out + ended.err;
    for (const json::value& one : checks->as_array())
      if (text_at(one, "/name") == name)
        return text_at(one, "/status") + ": " + text_at(one, "/text") + " -> " + text_at(one, "/remedy");
    return "no such check";
  }
  bool probe_is_there() const {
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(data_ / "projects", none))
      if (entry.path().filename().string().starts_with("stoker-probe-")) return true;
    return false;
  }
  std::string secret() const {
    const std::string key = text_of(state_ / "secrets/press-1/apiKey");
    return key.substr(key.find(':') + 1);
  }
  Receiver receiver_;
  std::string first_;
};

TEST_F(DoctorTest, FindsNothingAtAGoodTargetAndChangesNothing) {
  fs::create_directories(data_ / "projects");
  start_gateway();
  prepare();
  const std::string before = snapshot(data_);
  const std::size_t scans = gateway_->scans().size();
  const child::Finished ended = doctor();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("ok       ref "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("main is " + first_), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("ok       key: write "), std::string::npos) << ended.out;
  EXPECT_EQ((ended.out + ended.err).find(secret()), std::string::npos);
  EXPECT_EQ(snapshot(data_), before);
  EXPECT_EQ(gateway_->scans().size(), scans);
  EXPECT_NE(ended.out.find("ok       receiver "), std::string::npos) << ended.out;
  EXPECT_TRUE(receiver_.requests().empty());
}

TEST_F(DoctorTest, SaysHowToMakeALevelWhereTheGatewayHasItsFactoryPermissions) {
  fs::create_directories(data_ / "projects");
  start_gateway();
  ignition_sim::write_security_properties(data_, ignition_sim::factory_permissions());
  ASSERT_TRUE(gateway_->scan(Kind::config));
  prepare();
  const child::Finished ended = doctor({"press-1", "-o", "json"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(check(ended, "key: level").starts_with("fail: ")) << check(ended, "key: level");
  EXPECT_NE(check(ended, "key: read").find("Authenticated/stoker"), std::string::npos) << check(ended, "key: read");
  EXPECT_TRUE(check(ended, "ref").starts_with("ok: ")) << check(ended, "ref");
}

TEST_F(DoctorTest, WorksBesideAProcessThatHasTheTargetOpenAndDoesNotProbeThere) {
  start_gateway();
  prepare();
  start_stoker();
  ASSERT_TRUE(eventually("applied", [&] { return runs_verified(first_); }));
  const child::Finished ended = doctor({"-o", "json"});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const std::string who = "pid " + std::to_string(stoker_.pid());
  EXPECT_NE(check(ended, "opened by").find(who), std::string::npos) << check(ended, "opened by");
  const child::Finished probe = doctor({"press-1", "--probe", "--yes", "-o", "json"});
  EXPECT_EQ(probe.code, 1);
  EXPECT_NE(check(probe, "opened by").find(who), std::string::npos) << probe.out;
  EXPECT_FALSE(probe_is_there());
}

TEST_F(DoctorTest, AProbeThatIsInterruptedRemovesWhatItMade) {
  fs::create_directories(data_ / "projects");
  start_gateway();
  prepare();
  child::Child probe(
      {stoker_program(), "doctor", "-c", (folder_ / "stoker.yaml").string(), "press-1", "--probe", "--yes"},
      folder_ / "probe.log");
  ASSERT_TRUE(eventually("the probe's project", [&] { return probe_is_there(); }));
  probe.send(SIGINT);
  EXPECT_EQ(probe.ended(std::chrono::seconds(30)), 0) << text_of(folder_ / "probe.log");
  EXPECT_FALSE(probe_is_there());
  EXPECT_NE(text_of(folder_ / "probe.log").find("removed"), std::string::npos) << text_of(folder_ / "probe.log");
  EXPECT_TRUE(eventually("the gateway has forgotten it", [&] { return gateway_->projects().empty(); }));
}

}  // namespace
}  // namespace plant
