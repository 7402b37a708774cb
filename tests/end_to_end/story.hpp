// What the stories of whole programs ask: has a revision settled in the files, in the gateway and in Stoker's memory,
// and how often did the gateway load what. Main thread only.
#pragma once

#include "plant.hpp"

#include <algorithm>

namespace plant {

inline constexpr const char* main_project = "projects/Line0/project.json";

class Story : public Plant {
 protected:
  using Plant::Plant;

  bool loaded(const ignition_sim::View& wanted) {
    return gateway_->digest("projects") == ignition_sim::loaded_digest(wanted);
  }
  bool settled(const std::string& revision) {
    return runs_verified(revision) && files_are(repository_.view()) && loaded(repository_.view());
  }
  std::size_t times_loaded(const ignition_sim::View& wanted) {
    const auto scans = gateway_->scans();
    const std::string digest = ignition_sim::loaded_digest(wanted);
    return static_cast<std::size_t>(std::count_if(scans.begin(), scans.end(), [&](const auto& scan) {
      return scan.kind == ignition_sim::Kind::projects && scan.digest == digest;
    }));
  }
  // The first revision runs, verified.
  std::string begin(int projects = 2, int views = 2) {
    write_projects(projects, views, "first");
    const std::string first = repository_.commit("First");
    start_stoker();
    EXPECT_TRUE(eventually("the first revision, verified", [&] { return settled(first); }));
    return first;
  }
  std::string commit(int projects, int views, const std::string& text) {
    write_projects(projects, views, text);
    return repository_.commit(text);
  }
  void TearDown() override {
    if (!gateway_) return;
    EXPECT_EQ(gateway_->unknown(), std::vector<std::string>());
  }
};

}  // namespace plant
