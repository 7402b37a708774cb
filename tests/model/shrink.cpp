// Makes a failing story smaller by leaving things out, one after the other, as long as it still fails; and prints it.
#include "model/case.hpp"

namespace stoker::model {
namespace {

constexpr int tries_max = 1500;

// What failed, without the step and the details.
std::string kind_of(const std::string& failure) {
  const std::string what = failure.substr(failure.find(": ") + 2);
  return what.substr(0, std::min(what.find(':'), what.find('\n')));
}

class Shrink {
 public:
  Shrink(Case story, std::string failure) : story_(std::move(story)), failure_(std::move(failure)) {}

  std::pair<Case, std::string> make() {
    for (int size = -1; size != tries_left_ && tries_left_ > 0;) {
      size = tries_left_;
      if (pass()) continue;
      break;
    }
    return {story_, failure_};
  }

 private:
  bool attempt(Case smaller) {
    if (--tries_left_ < 0 || smaller.steps.empty()) return false;
    for (auto one = smaller.live.begin(); one != smaller.live.end();)  // what lay in a folder goes with it
      one =
          above(one->first).empty() || smaller.live.count(above(one->first)) ? std::next(one) : smaller.live.erase(one);
    Counts none;
    auto failure = played(smaller, none);
    if (!failure || kind_of(*failure) != kind_of(failure_)) return false;
    story_ = std::move(smaller);
    failure_ = std::move(*failure);
    return true;
  }
  // Without one of the elements that `all` picks out of a story.
  template <class Pick>
  bool drop(Pick&& all) {
    bool any = false;
    for (std::size_t i = 0; i < all(story_).size();) {
      Case smaller = story_;
      auto& elements = all(smaller);
      elements.erase(std::next(elements.begin(), static_cast<std::ptrdiff_t>(i)));
      if (attempt(std::move(smaller)))
        any = true;
      else
        ++i;
    }
    return any;
  }
  template <class Change>
  bool change(Change&& make) {
    Case other = story_;
    return make(other) && attempt(std::move(other));
  }
  bool pass() {
    bool any = drop([](Case & c) -> auto& { return c.steps; });
    any = drop([](Case & c) -> auto& { return c.live; }) || any;
    for (std::size_t i = 0; i < story_.revisions.size(); ++i)
      any = drop([i](Case & c) -> auto& { return c.revisions[i]; }) || any;
    for (std::size_t i = 0; i < story_.profiles.size(); ++i) {
      any = change([&](Case& c) { return std::exchange(c.profiles[i].role, "independent") != "independent"; }) || any;
      any = drop([i](Case & c) -> auto& { return c.profiles[i].mappings; }) || any;
      any = drop([i](Case & c) -> auto& { return c.profiles[i].excludes; }) || any;
    }
    for (std::size_t i = 0; i < story_.steps.size(); ++i) {
      for (Touches Step::*touches : {&Step::between, &Step::after_plan, &Step::after_stage, &Step::after_apply})
        any = drop([ i, touches ](Case & c) -> auto& { return c.steps[i].*touches; }) || any;
      for (bool Step::*flag : {&Step::scan_all, &Step::repair, &Step::restart, &Step::confirm, &Step::resume,
                               &Step::revert, &Step::forget, &Step::links_stay})
        any = change([&](Case& c) { return std::exchange(c.steps[i].*flag, false); }) || any;
      any = change([&](Case& c) { return std::exchange(c.steps[i].profile, 0) != 0; }) || any;
    }
    return any;
  }

  Case story_;
  std::string failure_;
  int tries_left_ = tries_max;
};

std::string shown(const Touches& touches, const char* when) {
  static const char* const names[] = {"write", "rewrite", "remove", "remove all of",
                                      "chmod", "stamp",   "link",   "folder"};
  std::string all;
  for (const Touch& touch : touches)
    all += std::string("\n    ") + when + ": " + names[touch.what] + " " + model::shown(touch.path) + " '" +
           model::shown(touch.text) + "'";
  return all;
}

std::string shown(const Profile& profile) {
  std::string all = "preset " + profile.preset + ", sync " + profile.sync + ", role " + profile.role + ", prune " +
                    std::to_string(profile.prune_files) + " files " + std::to_string(profile.prune_percent) + " %";
  for (const auto& [key, value] : profile.vars) all += ", " + key + "=" + value;
  for (const auto& m : profile.mappings)
    all += "\n    " + m.source + " => " + m.destination + (m.type.empty() ? "" : " (" + m.type + ")") +
           (m.required ? " required" : "");
  for (const auto& exclude : profile.excludes) all += "\n    exclude " + exclude;
  return all + "\n";
}

}  // namespace

std::string shown(const Case& story) {
  std::string all = "live\n" + shown(story.live);
  for (std::size_t i = 0; i < story.revisions.size(); ++i) {
    all += "revision r" + std::to_string(i) + "\n";
    for (const auto& [path, file] : story.revisions[i])
      all += "    " + shown(path) + (file.mode & 0100 ? " x" : "") +
             (file.type == File::Type::link    ? " link"
              : file.type == File::Type::other ? " other"
                                               : "") +
             " '" + shown(file.bytes) + "'\n";
  }
  for (std::size_t i = 0; i < story.profiles.size(); ++i)
    all += "profile " + std::to_string(i) + ": " + shown(story.profiles[i]);
  for (std::size_t i = 0; i < story.steps.size(); ++i) {
    const Step& step = story.steps[i];
    all += "step " + std::to_string(i) + ": r" + std::to_string(step.revision) + ", profile " +
           std::to_string(step.profile);
    for (const auto& [flag, name] :
         {std::pair(step.scan_all, "look all"), std::pair(step.repair, "repair"), std::pair(step.restart, "restart"),
          std::pair(!step.since_known, "since unknown"), std::pair(step.confirm, "confirm"),
          std::pair(step.resume, "resume"), std::pair(step.revert, "revert"), std::pair(step.forget, "forget"),
          std::pair(step.links_stay, "links stay")})
      if (flag) all += std::string(", ") + name;
    all += shown(step.between, "before") + shown(step.after_plan, "after plan") +
           shown(step.after_stage, "after stage") + shown(step.after_apply, "after apply") + "\n";
  }
  return all + (story.git_ids ? "" : "the source has no git ids\n");
}

std::pair<Case, std::string> shrunk(Case story, std::string failure) {
  return Shrink(std::move(story), std::move(failure)).make();
}

}  // namespace stoker::model
