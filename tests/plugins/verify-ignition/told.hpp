// What a person is told of a gateway, against the simulated one: verify-ignition as it is shipped, through its table.
// Requests are real; the plugin's clock is the fake one.
#pragma once

#include <stoker/abi/verifier.h>
#include <stoker/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>

#include "support/http.hpp"
#include "support/ignition_sim/gateway.hpp"

namespace told {

using namespace stoker;
using namespace stoker::testing;
using Status = Check::Status;

class ToldTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/told-XXXXXX";
    data_ = mkdtemp(name);
    write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":""})");
    key_ = ignition_sim::write_own_key(data_);
    options_.data = data_;
    options_.scale = 0.001;
    void* library = dlopen(STOKER_PLUGIN_DIR "/verify-ignition.so", RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto* entry = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    table_ = static_cast<const stoker_verifier_v1*>(entry->query(str(STOKER_VERIFIER_ID)));
    ASSERT_NE(table_->diagnose, nullptr);
    host_.http.handler = [this](const HttpRequest& request) { return carry(request); };
  }
  void TearDown() override {
    if (verifier_) table_->destroy(verifier_);
    gateway_.reset();
    std::filesystem::remove_all(data_);
    for (const auto& [name, check] : checks_) {
      EXPECT_EQ((check.text + check.remedy).find(key_.substr(key_.find(':') + 1)), std::string::npos) << name;
      EXPECT_EQ(check.name, name);
    }
  }

  // A request of the plugin, over a real socket; the gateway's clock is `ahead_` of ours.
  Result<HttpAnswer> carry(const HttpRequest& request) {
    const http_client::Headers headers(request.headers.begin(), request.headers.end());
    const auto got =
        http_client::request(request.method, request.url, request.body, headers, std::chrono::milliseconds(500));
    if (got.refused) return Error(errc::unreachable, "refused", "http.refused");
    if (got.status == 0) return Error(errc::unreachable, got.failure, "http.reset");
    HttpAnswer answer{static_cast<unsigned>(got.status), {{"Content-Type", got.type}}, got.body};
    for (const auto& [name, value] : got.headers)
      if (name == "Location") answer.headers.emplace_back(name, value);
    if (!date_.empty()) answer.headers.emplace_back("Date", date_);
    return answer;
  }
  ignition_sim::Gateway& start() {
    gateway_ = std::make_unique<ignition_sim::Gateway>(options_);
    gateway_->start();
    create(gateway_->url());
    return *gateway_;
  }
  void create(const std::string& url) {
    FakeCall call;
    const std::string config = R"({"settings": {}, "use": {"target": {"name": "press-1", "data": ")" + data_.string() +
                               R"("}, "gateway": {"url": ")" + url + R"(", "apiKey": ")" + key_ + R"("}}})";
    ASSERT_EQ(table_->create(host_.raw(), call.raw(), str(config), &verifier_), STOKER_OK) << call.error()->message;
  }
  void diagnose() {
    Collected<Check> found;
    const auto call = host_.call(std::chrono::minutes(1));
    const std::string assignment = R"({"format": 1, "profile": {"designer": ")" + designer_ + R"("}})";
    ASSERT_EQ(table_->diagnose(verifier_, call->raw(), str(assignment), found.sink()), STOKER_OK)
        << call->error()->message;
    keep(found);
  }
  void keep(Collected<Check>& found) {
    for (Check& check : found.items) checks_[check.name] = check;
  }
  const Check& check(const std::string& name) {
    if (checks_.empty()) diagnose();
    EXPECT_TRUE(checks_.contains(name)) << name;
    return checks_[name];
  }
  void expect(const std::string& name, Status status, std::string_view text, std::string_view remedy = {}) {
    const Check& found = check(name);
    EXPECT_EQ(found.status, status) << name << ": " << found.text;
    EXPECT_NE(found.text.find(text), std::string::npos) << name << ": " << found.text;
    EXPECT_NE(found.remedy.find(remedy), std::string::npos) << name << ": " << found.remedy;
  }
  void write(const std::string& path, std::string_view bytes) {
    ignition_sim::write_file(data_ / path, bytes, data_ / "new");
  }
  void fault(std::string path, std::string answer) {
    gateway_->set_faults({{std::move(path), "", std::move(answer), 0, false}});
  }

  FakeHost host_;
  std::filesystem::path data_;
  ignition_sim::Options options_;
  std::unique_ptr<ignition_sim::Gateway> gateway_;
  std::string key_, date_, designer_ = "proceed";
  std::map<std::string, Check> checks_;
  const stoker_verifier_v1* table_ = nullptr;
  stoker_verifier* verifier_ = nullptr;
};

}  // namespace told
