// Where a secret is looked for; see secret_plant.hpp.
#include "secret_plant.hpp"

#include <cstdlib>
#include <sstream>

namespace plant {
namespace {

constexpr const char* started_programs[] = {"git", "ssh"};

std::string path_of_programs() {
  const char* path = std::getenv("PATH");
  return path ? path : "/usr/bin:/bin";
}

// Stands in for a program: notes what it was started with, then becomes the real one.
std::string noting(const std::string& program, const fs::path& notes) {
  std::string real = child::output_of({"sh", "-c", "command -v " + program});
  while (real.ends_with('\n')) real.pop_back();
  return "#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ > " + (notes / program).string() + "-$$\nexec " + real +
         " \"$@\"\n";
}

void add_with_children(const std::string& process, std::vector<std::string>& all) {
  all.push_back(process);
  std::error_code gone;
  for (const auto& thread : fs::directory_iterator("/proc/" + process + "/task", gone)) {
    std::istringstream children(text_of(thread.path() / "children"));
    for (std::string child; children >> child;) add_with_children(child, all);
  }
}

}  // namespace

SecretPlant::SecretPlant() {
  fs::create_directories(started_);
  for (const char* program : started_programs) {
    write_text(programs_ / program, noting(program, started_));
    fs::permissions(programs_ / program, fs::perms::owner_all);
  }
}

void SecretPlant::write_config_with(const json::object& source_git) {
  const json::object notify{{"url", receiver_.url()},
                            {"on", {"planned", "unchanged", "applied", "held", "failed", "reverted", "superseded"}}};
  write_config("log: {level: debug}\n", "  source-git: {settings: " + json::serialize(source_git) +
                                            "}\n  trigger-poll: {settings: {interval: 1s}}\n  strategy-merge: {}\n"
                                            "  notify-webhook: {settings: " +
                                            json::serialize(notify) + "}\n");
}

void SecretPlant::write_sync_of(const std::string& url, const std::string& git) const {
  write_text(folder_ / "syncs/line-a.yaml",
             "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: line-a}\nspec:\n  git:\n    repo: " +
                 url + "\n    ref: main\n" + git +
                 "  polling: {interval: 1s}\n"
                 "  sync: {profiles: {line: {mappings: [{source: projects, destination: projects}]}}}\n");
}

void SecretPlant::start() {
  const child::Variable path("PATH", programs_.string() + ":" + path_of_programs());
  start_stoker();
}

std::size_t SecretPlant::starts_of(const std::string& program) const {
  std::size_t starts = 0;
  for (const auto& note : fs::directory_iterator(started_))
    starts += note.path().filename().string().starts_with(program + "-");
  return starts;
}

std::vector<std::string> SecretPlant::places_of(const std::string& text) {
  std::vector<Place> places;
  add_files(places);
  add_processes(places);
  add_pages(places);
  add_notices(places);
  std::vector<std::string> found;
  for (const Place& place : places)
    if (place.text.find(text) != std::string::npos || place.name.find(text) != std::string::npos)
      found.push_back(place.name);
  return found;
}

void SecretPlant::add_files(std::vector<Place>& places) const {
  const std::string secrets = (state_ / "secrets").string() + "/";
  std::error_code gone;
  for (fs::recursive_directory_iterator at(folder_, gone), end; !gone && at != end; at.increment(gone)) {
    std::error_code other;
    if (!at->is_regular_file(other) || at->path().string().starts_with(secrets)) continue;
    places.push_back({at->path().lexically_relative(folder_).string(), text_of(at->path())});
  }
}

void SecretPlant::add_processes(std::vector<Place>& places) const {
  std::vector<std::string> all;
  add_with_children(std::to_string(stoker_.pid()), all);
  for (const std::string& process : all)
    for (const char* file : {"cmdline", "environ"})
      places.push_back({"/proc/" + process + "/" + file, text_of(fs::path("/proc") / process / file)});
}

void SecretPlant::add_pages(std::vector<Place>& places) {
  for (const char* path : {"/", "/healthz", "/readyz", "/metrics"}) places.push_back({path, page(path).body});
}

void SecretPlant::add_notices(std::vector<Place>& places) const {
  for (const Receiver::Request& notice : receiver_.requests())
    places.push_back({"a notice", notice.key + "\n" + notice.event + "\n" + notice.body});
}

}  // namespace plant
