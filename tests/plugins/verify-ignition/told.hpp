// What a person is told of a gateway, by diagnose or probe: the checks of one look, by their names.
#pragma once

#include "ignition_fixture.hpp"

#include <map>

namespace verify_ignition {

using Status = Check::Status;

class ToldTest : public IgnitionTest {
 protected:
  void SetUp() override {
    IgnitionTest::SetUp();
    host_.http.handler = [this](const HttpRequest& request) { return carry_with_date(request); };
  }
  void TearDown() override {
    IgnitionTest::TearDown();
    for (const auto& [name, check] : checks_)
      EXPECT_EQ((check.text + check.remedy).find(secret()), std::string::npos) << name;
  }

  Result<HttpAnswer> carry_with_date(const HttpRequest& request) const {
    auto answer = carry(request);
    if (answer && !date_.empty()) answer->headers.emplace_back("Date", date_);
    return answer;
  }
  void diagnose() {
    const std::string a = assignment();
    tell([&](const stoker_call* c, stoker_check_sink out) { return table_->diagnose(verifier_, c, str(a), out); });
  }
  void probe() {
    tell([&](const stoker_call* c, stoker_check_sink out) { return table_->probe(verifier_, c, str("{}"), out); });
  }
  template <class Function>
  void tell(Function function) {
    Collected<Check> found;
    ASSERT_EQ(call([&](const stoker_call* c) { return function(c, found.sink()); }), STOKER_OK) << error_.message;
    keep(found);
  }
  void keep(Collected<Check>& found) {
    checks_.clear();
    for (Check& check : found.items) checks_[check.name] = check;
  }
  void expect(const std::string& name, Status status, std::string_view text, std::string_view remedy = {}) {
    if (checks_.empty()) diagnose();
    ASSERT_TRUE(checks_.contains(name)) << name;
    const Check& found = checks_[name];
    EXPECT_EQ(found.status, status) << name << ": " << found.text;
    EXPECT_NE(found.text.find(text), std::string::npos) << name << ": " << found.text;
    EXPECT_NE(found.remedy.find(remedy), std::string::npos) << name << ": " << found.remedy;
  }

  std::string date_;  // of the gateway's answers; empty: none
  std::map<std::string, Check> checks_;
};

}  // namespace verify_ignition
