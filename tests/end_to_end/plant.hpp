// The plant of an end-to-end test: a folder with a git repository, the data directory of one target `press-1`, a
// stoker.yaml and a GatewaySync, with real `stoker` processes and a simulated gateway inside the test. What a test
// believes is asked of the files, the gateway and Stoker's documents. Main thread only.
#pragma once

#include "support/child.hpp"
#include "support/http.hpp"
#include "support/ignition_sim/gateway.hpp"
#include "support/repository.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <functional>
#include <memory>
#include <string>

namespace plant {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::chrono::seconds patience{40};

// What the GatewaySync says; write it with Plant::write_sync.
struct Sync {
  std::string designer = "proceed";
  std::string mappings = "          - {source: projects, destination: projects, type: dir}\n";
  std::string more = {};   // further lines of the profile, indented by 8
  std::string retry = {};  // annotation stoker.io/retry
  bool polling = true;
  bool paused = false;
};

class Plant : public testing::Test {
 protected:
  explicit Plant(const fs::path& below = fs::temp_directory_path());
  ~Plant() override;

  // A gateway on the data directory, before `write_config`; a target without one is files only.
  ignition_sim::Gateway& start_gateway(ignition_sim::Options options = {});
  void keep_secret(const std::string& name, const std::string& key, const std::string& text) const;
  // `more` follows the modules: further ones, then other lines.
  void write_config(const std::string& more = {}, const std::string& modules = {});
  // A further target without a gateway in the configuration that is written; its data directory.
  fs::path add_target(const std::string& name, const std::string& sync) const;
  void write_sync(const Sync& sync);

  void start_stoker();  // `stoker run`, its log in stoker.log
  child::Finished stoker(child::Arguments arguments) const;
  // `stoker sync -o json`, the Report of the one target.
  json::object sync_once(int code, const child::Arguments& more = {}) const;

  // Polls until `seen`; a failure that shows the log after `patience`.
  // `pause` is between two looks: none for what passes in less than a few milliseconds.
  [[nodiscard]] bool eventually(const std::string& what, const std::function<bool()>& seen,
                                std::chrono::milliseconds pause = std::chrono::milliseconds(5));
  bool files_are(const ignition_sim::View& wanted) const;
  bool runs_verified(const std::string& revision) const { return runs_verified(revision, data_); }
  bool runs_verified(const std::string& revision, const fs::path& data) const;
  json::object memory() const { return memory(data_); }
  json::object memory(const fs::path& data) const;  // <data>/.stoker/target.json; empty while there is none
  bool staging() const;                             // staged files lie in Stoker's folder
  std::string log() const;
  std::size_t log_count(std::string_view text) const;
  std::uint16_t http_port();  // waits for the line that says it
  http_client::Response page(const std::string& path);
  std::string metric(const std::string& series);  // its value as /metrics has it; "none"

  // `projects` projects of `views` views each, all below Global; `text` is in each view.
  void write_projects(int projects, int views, const std::string& text);
  std::string view_file(int project, int view) const;

  fs::path folder_, data_, state_;
  repository::Repository repository_;
  std::unique_ptr<ignition_sim::Gateway> gateway_;
  child::Child stoker_;  // after the gateway: stopped before it
};

std::string stoker_program();
std::string text_of(const fs::path& file);
void write_text(const fs::path& file, const std::string& text);
// Every entry below `folder` with kind, mode, time and content, as text.
std::string snapshot(const fs::path& folder, const std::string& without = {});
std::string text_at(const json::value& document, std::string_view pointer);

}  // namespace plant
