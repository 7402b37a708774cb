// `stoker doctor`: how an examination is shown, what it ends with, and what it refuses. What a gateway says of itself
// is tested with the verifiers; the whole of it in tests/end_to_end.
#include "host/commands/doctor.hpp"

#include "support/child.hpp"
#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <sstream>

namespace stoker::host {
namespace {

using Status = Check::Status;

Examined one_target() {
  Examined examined;
  examined.general.emplace_back(
      "stoker", Check{"Syncs", "a.yaml:1:2: bad\nb.yaml:3:4: worse", "correct the files", Status::fail});
  auto& findings = examined.targets.emplace_back("press-1", std::vector<Finding>()).second;
  findings.emplace_back("stoker", Check{"ref", "main is 1234", {}, Status::ok});
  findings.emplace_back("verify-x", Check{"key: write", "forged\r\x1b[2J", "make a level", Status::warn});
  findings.emplace_back("verify-x", Check{"clock", "no Date", {}, Status::skipped});
  return examined;
}

TEST(DoctorTest, ShowsOneScreenForEachTargetWithTheRemedyBelow) {
  std::ostringstream out;
  print_text(one_target(), out);
  EXPECT_EQ(out.str(),
            "all targets\n"
            "  stoker\n"
            "    fail     Syncs  a.yaml:1:2: bad\n"
            "                    b.yaml:3:4: worse\n"
            "                    -> correct the files\n"
            "  0 ok, 0 warn, 1 fail, 0 skipped\n"
            "\n"
            "press-1\n"
            "  stoker\n"
            "    ok       ref         main is 1234\n"
            "  verify-x\n"
            "    warn     key: write  forged\\r\\u001b[2J\n"
            "                         -> make a level\n"
            "    skipped  clock       no Date\n"
            "  1 ok, 1 warn, 0 fail, 1 skipped\n"
            "\n");
}

TEST(DoctorTest, GivesTheSameAsJson) {
  std::ostringstream out;
  print_json(one_target(), out);
  const boost::json::value document = boost::json::parse(out.str());
  EXPECT_EQ(document.at_pointer("/format"), 1);
  EXPECT_EQ(document.at_pointer("/checks/0/status"), "fail");
  EXPECT_EQ(document.at_pointer("/targets/0/name"), "press-1");
  EXPECT_EQ(document.at_pointer("/targets/0/checks/1/by"), "verify-x");
  EXPECT_EQ(document.at_pointer("/targets/0/checks/1/remedy"), "make a level");
  EXPECT_EQ(document.at_pointer("/summary/skipped"), 1);
}

class DoctorProgramTest : public ::testing::Test {
 protected:
  DoctorProgramTest() {
    std::filesystem::create_directories(folder_.path() / "data");
    write_sync("default");
    write_config("strategy-merge: {}, source-git: {settings: {allowFile: true}}");
  }
  void write_config(const std::string& modules) {
    folder_.write("stoker.yaml",
                  "state: " + (folder_.path() / "state").string() + "\nsyncs: syncs\nmodules: {" + modules +
                      "}\ntargets: [{name: a, sync: s, data: " + (folder_.path() / "data").string() + "}]\n");
  }
  void write_sync(const std::string& profile) {
    folder_.write("syncs/a.yaml",
                  "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: s}\nspec: {git: {repo: "
                  "\"file:///nonexistent\", ref: main}, sync: {profiles: {" +
                      profile + ": {mappings: [{source: a, destination: b}]}}}}\n");
  }
  child::Finished doctor(child::Arguments more = {}) const {
    child::Arguments arguments{STOKER_PROGRAM, "doctor", "-c", (folder_.path() / "stoker.yaml").string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return child::finished(arguments);
  }
  test::TempFolder folder_;
};

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(DoctorProgramTest, ARepositoryThatIsNotThereFailsAndTheRestIsLookedAt) {
  const auto ended = doctor();
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_TRUE(contains(ended.out, "fail     ref ")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "ok       data folder ")) << ended.out;
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "data"));
}

TEST_F(DoctorProgramTest, AMistakeInASyncIsSaidWithItsPlace) {
  folder_.write("syncs/b.yaml", "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {nam: t}\n");
  const auto ended = doctor();
  EXPECT_EQ(ended.code, 1);
  EXPECT_TRUE(contains(ended.out, "b.yaml:3:")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "ok       Sync ")) << ended.out;
}

TEST_F(DoctorProgramTest, SaysThatTheObjectsWereNotAsked) {
  EXPECT_TRUE(
      contains(doctor().out, "skipped  objects  no host runs here, so nobody looked at what stoker apply made"));
}

// A command may have made the Sync.
TEST_F(DoctorProgramTest, ASyncThatStandsInNoFileIsNoFailure) {
  folder_.write(
      "syncs/a.yaml",
      "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: t}\nspec: {git: {repo: "
      "\"file:///nonexistent\", ref: main}, sync: {profiles: {p: {mappings: [{source: a, destination: b}]}}}}\n");
  const auto ended = doctor();
  EXPECT_TRUE(contains(ended.out, "warn     Sync ")) << ended.out;
  EXPECT_TRUE(contains(ended.out, "no file has Sync s; whether `stoker apply` made it was not looked at")) << ended.out;
}

TEST_F(DoctorProgramTest, AProfileThatIsNotThereFails) {
  write_sync("other");
  EXPECT_TRUE(contains(doctor().out, "has no profile default"));
}

TEST_F(DoctorProgramTest, AModuleThatCannotBeLoadedStopsNothing) {
  write_config(
      "strategy-merge: {}, source-git: {settings: {allowFile: true}}, verify-json: {library: /nonexistent.so}");
  const auto ended = doctor();
  EXPECT_NE(ended.code, 0);
  EXPECT_TRUE(contains(ended.out + ended.err, "/nonexistent.so")) << ended.out << ended.err;
}

TEST_F(DoctorProgramTest, AWrongConfigurationOrTargetIsBadUsage) {
  EXPECT_EQ(doctor({"b"}).code, 2);
  write_config("teapot: {}");
  const auto ended = doctor();
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(contains(ended.err, "stoker.yaml:3:")) << ended.err;
}

TEST_F(DoctorProgramTest, AProbeNeedsATargetAndSomebodyWhoAgrees) {
  EXPECT_EQ(doctor({"--probe"}).code, 2);
  std::ostringstream out, err;
  DoctorOptions options;
  options.config = folder_.path() / "stoker.yaml";
  options.plugins = {STOKER_PLUGIN_DIR};
  options.target = "a";
  options.probe = true;
  std::string asked;
  const Agree refuses = [&](const std::string& question) {
    asked = question;
    return false;
  };
  EXPECT_EQ(stoker::host::doctor(options, refuses, out, err), 2);
  EXPECT_TRUE(contains(asked, "stoker-probe-")) << asked;
  EXPECT_TRUE(contains(asked, (folder_.path() / "data").string())) << asked;
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(stoker::host::doctor(options, Agree(), out, err), 2);
  EXPECT_TRUE(contains(err.str(), "--yes")) << err.str();
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "data"));
}

}  // namespace
}  // namespace stoker::host
