// A plain machine: one `stoker run`, one target without a gateway, one Sync of a git repository, and what is asked over
// its socket. [the thread of the test starts and kills; any thread asks with a client of its own]
#pragma once

#include "host/api/object_client.hpp"
#include "host/api/own_socket.hpp"
#include "support/child.hpp"
#include "support/repository.hpp"
#include "tests/support/temp_folder.hpp"

#include <boost/json.hpp>

#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

namespace machine {

namespace fs = std::filesystem;
namespace json = boost::json;
using stoker::host::Kind;
using stoker::host::ObjectClient;

inline const Kind& syncs() { return *stoker::host::kind_named("gatewaysync"); }
inline const Kind& targets() { return *stoker::host::kind_named("synctarget"); }

// What stands there as text or number; empty: nothing.
inline std::string at(const json::value& document, const char* pointer) {
  boost::system::error_code none;
  const json::value* found = document.find_pointer(pointer, none);
  if (!found) return {};
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

class Machine {
 public:
  explicit Machine(std::string program) : program_(std::move(program)) {
    fs::create_directories(data());
    repository.write("projects/P/a.txt", "one");
    repository.commit("one");
    configure("");
  }
  // `more`: further keys of stoker.yaml; `modules`: a further module.
  void configure(const std::string& more, const std::string& modules = "") const {
    folder.write("stoker.yaml",
                 "state: " + state().string() +
                     "\nmodules: {source-git: {settings: {allowFile: true}}, strategy-merge: {}, "
                     "verify-json: {}" +
                     (modules.empty() ? "" : ", " + modules) + "}\n" + more +
                     "targets:\n  - {name: gw, sync: line, profile: p, verify: none, data: " + data().string() + "}\n");
  }
  std::string sync_document(const std::string& name, const std::string& ref = "main") const {
    const json::object mapping{{"source", "projects"}, {"destination", "projects"}};
    const json::object profile{{"mappings", json::array{mapping}}};
    const json::object spec{{"git", {{"repo", "file://" + repository.folder().string()}, {"ref", ref}}},
                            {"sync", {{"profiles", {{"p", profile}}}}}};
    return json::serialize(json::object{{"apiVersion", "stoker.io/v1alpha1"},
                                        {"kind", "GatewaySync"},
                                        {"metadata", {{"name", name}, {"namespace", "default"}}},
                                        {"spec", spec}});
  }

  fs::path state() const { return folder.path() / "state"; }
  fs::path data() const { return folder.path() / "gw"; }
  fs::path database() const { return state() / "plugins/platform-local/objects.db"; }
  fs::path socket() const { return stoker::host::socket_in(state()); }
  std::string log() const {
    std::ostringstream text;
    text << std::ifstream(folder.path() / "log").rdbuf();
    return text.str();
  }

  void start() {
    host = child::Child({program_, "run", "-c", (folder.path() / "stoker.yaml").string()}, folder.path() / "log");
  }
  ObjectClient client() const { return ObjectClient(socket(), std::chrono::seconds(10)); }
  child::Finished stoker(child::Arguments arguments) const {
    arguments.insert(arguments.begin(), program_);
    arguments.insert(arguments.end(), {"-c", (folder.path() / "stoker.yaml").string()});
    return child::finished(arguments);
  }
  json::value sync(const std::string& name = "line") const {
    auto found = client().get(syncs(), "default", name);
    return found ? std::move(*found) : json::value();
  }
  json::value target() const {
    auto found = client().get(targets(), "default", "gw");
    return found ? std::move(*found) : json::value();
  }
  std::uint64_t token() const {
    const std::string text = at(target(), "/spec/token");
    return text.empty() ? 0 : std::stoull(text);
  }
  bool is_ready() const {
    const json::value found = sync();
    boost::system::error_code none;
    const json::value* conditions = found.find_pointer("/status/conditions", none);
    if (!conditions) return false;
    for (const json::value& each : conditions->as_array())
      if (at(each, "/type") == "Ready") return at(each, "/status") == "True";
    return false;
  }
  std::string file(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(data() / name).rdbuf();
    return text.str();
  }

  stoker::host::test::TempFolder folder;
  repository::Repository repository{folder.path() / "repo"};
  child::Child host;

 private:
  std::string program_;
};

// False: it did not become so in time.
inline bool until(const std::function<bool()>& so, std::chrono::seconds longest = std::chrono::seconds(30)) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace machine
