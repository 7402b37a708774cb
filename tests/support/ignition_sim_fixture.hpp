// The simulated gateway as a client sees it: real requests over both ports, a data directory of its own for each test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/http.hpp"
#include "support/ignition_sim/gateway.hpp"

namespace ignition_sim {

using http_client::Headers;
using http_client::Response;
namespace json = boost::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kView = "projects/Line/com.inductiveautomation.perspective/views/Main";

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    char name[] = "/tmp/ignition-sim-XXXXXX";
    data_ = mkdtemp(name);
    options_.data = data_;
    write("projects/Line/project.json", R"({"title":"Line","enabled":true,"inheritable":false,"parent":""})");
    write_resource(data_, kView, {{"view.json", "{}"}}, "ann");
    token_ = write_own_key(data_);
  }
  ~GatewayTest() override {
    if (gateway_) {
      EXPECT_EQ(gateway_->unknown(), std::vector<std::string>());
    }
    gateway_.reset();
    std::filesystem::remove_all(data_);
  }

  Gateway& start() {
    gateway_ = std::make_unique<Gateway>(options_);
    gateway_->start();
    return *gateway_;
  }
  void write(const std::string& path, std::string_view bytes) { write_file(data_ / path, bytes, data_ / "new"); }
  std::string read(const std::string& path) { return read_file(data_ / path).value_or(""); }

  Headers key() const { return {{"X-Ignition-API-Token", token_}}; }
  Response get(const std::string& path) { return http_client::get(gateway_->url() + path, key()); }
  Response post(const std::string& path, const std::string& body = {}) {
    return http_client::post(gateway_->url() + path, body, key());
  }
  Response control(const std::string& path, const std::string& body) {
    return http_client::post(gateway_->control_url() + path, body);
  }
  json::value get_json(const std::string& path) { return json::parse(get(path).body); }

  std::filesystem::path data_;
  Options options_;
  std::string token_;
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace ignition_sim
