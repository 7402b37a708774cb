// verify-ignition as it is shipped, through its table, against the simulated gateway. Requests are real; the plugin's
// clock is the fake one, so its waits take no time.
#pragma once

#include <stoker/abi/verifier.h>
#include <stoker/testing/fake_host.hpp>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "support/http.hpp"
#include "support/ignition_sim/gateway.hpp"

namespace verify_ignition {

using namespace stoker;
using namespace stoker::testing;
using ignition_sim::Course;
using ignition_sim::Kind;
using ignition_sim::State;
using Verdict = Decision::Verdict;

constexpr auto kView = "projects/Line/com.inductiveautomation.perspective/views/Main";
constexpr auto kDatabase = "config/resources/core/ignition/database-connection/main";

inline Change change(std::string path, Change::Op op = Change::Op::replace) {
  Change made;
  made.path = std::move(path);
  made.op = op;
  return made;
}

class IgnitionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/verify-ignition-XXXXXX";
    data_ = mkdtemp(name);
    write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":""})");
    ignition_sim::write_resource(data_, kView, {{"view.json", "{}"}});
    ignition_sim::write_resource(data_, kDatabase, {{"config.json", "{}"}});
    key_ = ignition_sim::write_own_key(data_);
    options_.data = data_;
    options_.scale = 0.001;
    void* library = dlopen(STOKER_PLUGIN_DIR "/verify-ignition.so", RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto* entry = static_cast<const stoker_plugin*>(dlsym(library, "stoker_plugin_entry"));
    table_ = static_cast<const stoker_verifier_v1*>(entry->query(str(STOKER_VERIFIER_ID)));
    ASSERT_NE(table_, nullptr);
    host_.http.handler = [](const HttpRequest& request) { return carry(request); };
  }
  void TearDown() override {
    if (verifier_) table_->destroy(verifier_);
    if (gateway_) {
      EXPECT_EQ(gateway_->unknown(), std::vector<std::string>());
    }
    gateway_.reset();
    std::filesystem::remove_all(data_);
    for (const std::string& said : {error_.message, error_.detail}) EXPECT_EQ(said.find(secret()), std::string::npos);
    EXPECT_FALSE(host_.log.says(secret()));
  }

  // A request of the plugin, over a real socket.
  static Result<HttpAnswer> carry(const HttpRequest& request) {
    http_client::Headers headers(request.headers.begin(), request.headers.end());
    const auto got = http_client::request(request.method, request.url, request.body, headers, std::chrono::seconds(5));
    if (got.refused) return Error(errc::unreachable, "refused", "http.refused");
    if (got.status == 0) return Error(errc::unreachable, got.failure, "http.reset");
    HttpAnswer answer{static_cast<unsigned>(got.status), {{"Content-Type", got.type}}, got.body};
    if (const auto location = got.headers.find("Location"); location != got.headers.end())
      answer.headers.emplace_back(location->first, location->second);
    return answer;
  }

  ignition_sim::Gateway& start() {
    gateway_ = std::make_unique<ignition_sim::Gateway>(options_);
    gateway_->start();
    EXPECT_EQ(create(gateway_->url(), key_), STOKER_OK);
    return *gateway_;
  }
  stoker_status create(const std::string& url, const std::string& key) {
    FakeCall call;
    const std::string config = R"({"settings": )" + settings_ +
                               R"(, "use": )"
                               R"({"target": {"name": "press-1", "data": ")" +
                               data_.string() + R"("}, "gateway": {"url": ")" + url + R"(", "apiKey": ")" + key +
                               R"("}}})";
    const stoker_status status = table_->create(host_.raw(), call.raw(), str(config), &verifier_);
    if (call.error()) error_ = *call.error();
    return status;
  }
  std::string secret() const { return key_.substr(key_.find(':') + 1); }
  void write(const std::string& path, std::string_view bytes) {
    ignition_sim::write_file(data_ / path, bytes, data_ / "new");
  }

  std::string assignment() const {
    return R"({"format": 1, "target": {"name": "press-1"}, "facts": {"state": ")" + state_ + R"(", "role": ")" + role_ +
           R"(", "active": )" + (active_ ? "true" : "false") + R"(}, "looks": )" + (looks_ ? "true" : "false") +
           R"(, "profile": {"designer": ")" + designer_ +
           R"(", "mappings": [{"destination": "projects"}]}, "baseline": )" + baseline_ + "}";
  }
  // One call; its decisions, documents and error are kept.
  template <class Function>
  stoker_status call(Function function) {
    decisions_.items.clear();
    text_.items.clear();
    notes_.items.clear();
    const auto call = host_.call(std::chrono::hours(2));
    const stoker_status status = function(call->raw());
    error_ = call->error().value_or(Error());
    return status;
  }
  stoker_status observe() {
    return call([&](const stoker_call* c) { return table_->observe(verifier_, c, str("{}"), text_.sink()); });
  }
  std::string fact(const std::string& pointer) {
    EXPECT_EQ(observe(), STOKER_OK) << error_.message;
    return host_.host().value(text_.last(), pointer).value_or("");
  }
  stoker_status admit(const FakePlan& plan) {
    const std::string a = assignment();
    return call(
        [&](const stoker_call* c) { return table_->admit(verifier_, c, str(a), plan.raw(), decisions_.sink()); });
  }
  stoker_status lock(const FakePlan& plan) {
    const std::string a = assignment();
    const stoker_status status = call([&](const stoker_call* c) {
      return table_->lock(verifier_, c, str(a), plan.raw(), decisions_.sink(), text_.sink());
    });
    ticket_ = text_.last();
    return status;
  }
  stoker_status verify(const FakePlan& plan) {
    const std::string a = assignment();
    return call([&](const stoker_call* c) {
      return table_->verify(verifier_, c, str(a), plan.raw(), str(ticket_), decisions_.sink(), notes_.sink(),
                            text_.sink());
    });
  }
  stoker_status unlock() {
    const std::string a = assignment();
    return call([&](const stoker_call* c) { return table_->unlock(verifier_, c, str(a), str(ticket_)); });
  }
  // The one decision of the last call is a hold, a refusal, an unhealthy thing of this name.
  ::testing::AssertionResult is(Verdict verdict, const std::string& name) {
    if (decisions_.items.empty()) return ::testing::AssertionFailure() << "no decision: " << error_.message;
    const Decision& made = decisions_.items.front();
    if (made.verdict == verdict && made.name == name) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "verdict " << static_cast<int>(made.verdict) << ", name '" << made.name
                                         << "', reason: " << made.reason;
  }
  ::testing::AssertionResult held(const std::string& name) { return is(Verdict::hold, name); }
  ::testing::AssertionResult refused(const std::string& name) { return is(Verdict::refuse, name); }
  ::testing::AssertionResult unhealthy(const std::string& name) { return is(Verdict::unhealthy, name); }
  ::testing::AssertionResult healthy() { return is(Verdict::healthy, ""); }
  ::testing::AssertionResult allowed() { return is(Verdict::allow, ""); }
  // The codes of the notes of the last verify.
  std::vector<std::string> notes() const {
    std::vector<std::string> codes;
    for (const Note& note : notes_.items) codes.push_back(note.code);
    return codes;
  }
  // What the plugin asked the gateway, as the gateway saw it.
  std::size_t calls(const std::string& method, const std::string& path) {
    const auto all = gateway_->calls();
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& call) { return call.method == method && call.target.starts_with(path); }));
  }
  // Before a request of the plugin reaches the gateway, `act` may do something to it.
  void before_each_request(std::function<void(const HttpRequest&)> act) {
    host_.http.handler = [act = std::move(act)](const HttpRequest& request) {
      act(request);
      return carry(request);
    };
  }
  Decision decision() {
    EXPECT_EQ(decisions_.items.size(), 1u) << error_.message;
    return decisions_.items.empty() ? Decision() : decisions_.items.front();
  }
  void fault(std::string path, std::string method, std::string answer) {
    gateway_->set_faults({{std::move(path), std::move(method), std::move(answer), 0, false}});
  }

  FakeHost host_;
  std::filesystem::path data_;
  ignition_sim::Options options_;
  std::unique_ptr<ignition_sim::Gateway> gateway_;
  std::string key_, ticket_, state_ = "running", role_ = "independent", designer_ = "proceed", baseline_ = "{}";
  bool looks_ = true, active_ = true;
  std::string settings_ = R"({"acquireTimeout": "1s", "holdTimeout": "60s", "scanTimeout": "1h"})";
  const FakePlan view_{{change(std::string(kView) + "/view.json")}};
  const FakePlan both_{{change(std::string(kView) + "/view.json"), change(std::string(kDatabase) + "/config.json")}};
  Collected<Decision> decisions_;
  CollectedText text_;
  Collected<Note> notes_;
  Error error_;
  const stoker_verifier_v1* table_ = nullptr;
  stoker_verifier* verifier_ = nullptr;
};

}  // namespace verify_ignition
