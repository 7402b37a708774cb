// A notifier that remembers what it was given, and when; it refuses while a test wants it to.
#pragma once

#include "host/offered/clock.hpp"
#include "host/values/report.hpp"

#include <stoker/notifier.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>

namespace stoker::host::testing {

// What one module has received.
struct Post {
  std::vector<std::string> keys, reports;  // delivered
  std::size_t tries = 0;
  std::optional<Error> refuses;
  bool throws = false;
  std::function<void()> at_call;  // called first in each call
};

// By module. Notifiers work on threads of their own, so what they share is looked at through `with`.
class Posts {
 public:
  template <class Look>
  auto with(const std::string& module, Look look) {
    const std::lock_guard lock(mutex_);
    return look(posts_[module]);
  }
  std::vector<std::string> keys(const std::string& module) {
    return with(module, [](Post& post) { return post.keys; });
  }
  std::size_t tries(const std::string& module) {
    return with(module, [](Post& post) { return post.tries; });
  }
  void refuse(const std::string& module, std::optional<Error> why) {
    with(module, [&](Post& post) { post.refuses = std::move(why); });
  }
  static inline Posts* current = nullptr;  // what notifiers that are being created belong to

 private:
  std::mutex mutex_;
  std::map<std::string, Post> posts_;
};

class PostNotifier final : public Notifier {
 public:
  PostNotifier(const stoker::Config& config, Host&)
      : posts_(*Posts::current), module_(std::filesystem::path(config.text("/state")).filename().string()) {
    static auto* const made = new std::vector<PostNotifier*>;  // one that is written off is not destroyed: no leak
    made->push_back(this);
  }
  Result<void> notify(Call&, std::string_view key, std::string_view report) override {
    return posts_.with(module_, [&](Post& post) -> Result<void> {
      ++post.tries;
      if (post.at_call) post.at_call();
      if (post.throws) throw std::runtime_error("the notifier has a defect");
      if (post.refuses) return *post.refuses;
      post.keys.emplace_back(key);
      post.reports.emplace_back(report);
      return {};
    });
  }

 private:
  Posts& posts_;
  std::string module_;
};

inline Report report_of(const std::string& run, Outcome outcome, bool verified = false) {
  Assignment assignment;
  assignment.sync = "line-a";
  assignment.target = "press-1";
  assignment.revision = "r1";
  Report report(assignment);
  report.id = run;
  report.ended(outcome, outcome == Outcome::applied ? Stage::verify : Stage::plan, verified);
  return report;
}

}  // namespace stoker::host::testing
