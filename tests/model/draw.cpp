// Draws a story. Names come from a small pool, so that revisions, live trees and touches meet at the same paths.
#include "model/case.hpp"

#include <random>

namespace stoker::model {
namespace {

using merge::testing::SourceFile;
using merge::testing::SourceTree;

constexpr std::size_t name_bytes_max = 255;

const std::vector<std::string> plain_names{"a", "b", "c", "d"};
const std::vector<std::string> odd_names{"A",
                                         "\xc3\xa4",   // a-umlaut, composed
                                         "a\xcc\x88",  // and in two code points
                                         "view.json", ".hidden",
                                         ".gitkeep",  ".resources",
                                         ".git",      "x y",
                                         "new\nline", "tab\tand\x01",
                                         "-rf",       "license.txt",
                                         "uuid.txt",  "valueStore.idb",
                                         "q?*[",      std::string(name_bytes_max, 'n'),
                                         "\xff\xfe"};  // no UTF-8: only in the live tree
const std::vector<Owner> owners{{0, 0}, {2003, 2004}, {2003, 2005}, {4711, 2004}};
const std::vector<unsigned> modes{0644, 0644, 0600, 0640, 0664, 0755, 0750, 0700, 0444};

class Draw {
 public:
  explicit Draw(unsigned seed) : random_(seed), owner_(seed) {}

  Case make() {
    story_.git_ids = !chance(8);
    draw_profiles();
    draw_revisions();
    draw_live();
    draw_steps();
    return std::move(story_);
  }

 private:
  std::size_t below_(std::size_t n) { return random_() % n; }
  bool chance(std::size_t one_in) { return below_(one_in) == 0; }
  const std::string& some_of(const SourceTree& tree) {
    return std::next(tree.begin(), static_cast<std::ptrdiff_t>(below_(tree.size())))->first;
  }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below_(all.size())];
  }

  Owner owner() { return owners_are_seen() ? owners[owner_() % owners.size()] : Owner(); }

  // ---- names

  std::string name(bool live) {
    if (chance(6)) return "resource.json";
    if (!chance(5)) return one_of(plain_names);
    for (;;) {
      const std::string& drawn = one_of(odd_names);
      if (live ? drawn.size() <= name_bytes_max : drawn[0] != '\xff') return drawn;
    }
  }
  std::string tail(bool live) {
    std::string path = name(live);
    for (std::size_t more = below_(3); more > 0; --more) path += "/" + name(live);
    if (chance(60)) return deep();
    return path;
  }
  // More than 50 levels, or about as long as a path may be.
  std::string deep() {
    std::string path = "deep";
    if (chance(2)) {
      for (std::size_t levels = 50 + below_(20); levels > 0; --levels) path += "/" + one_of(plain_names);
      return path;
    }
    const std::size_t length = 3900 + below_(300);
    while (path.size() + 120 < length) path += "/" + std::string(100 + below_(10), 'l');
    return path + "/" + std::string(length > path.size() + 1 ? length - path.size() - 1 : 1, 'm');
  }

  // ---- profiles

  WrittenMapping mapping() {
    static const std::vector<std::string> sources{"src",  "src", "src", "src/a",  "src/b/",        "over",
                                                  "over", "one", ".",   "absent", "{{.Vars.line}}"};
    static const std::vector<std::string> destinations{"projects",
                                                       "projects",
                                                       "./projects",
                                                       "projects/",
                                                       "projects/a",
                                                       "projects/b",
                                                       "config",
                                                       "config/resources/core",
                                                       "other",
                                                       "config/resources/local",
                                                       ".",
                                                       "{{ .Vars.line }}/p",
                                                       "other/{{.Commit}}",
                                                       "gateway.xml",
                                                       "config/resources/external"};
    static const std::vector<std::string> wrong{"../up", "/abs", "{{.Vars.none}}/x", "{{.What}}", ".stoker/x", ""};
    WrittenMapping drawn{one_of(sources), one_of(destinations), "", chance(6)};
    if (chance(15)) drawn.type = chance(2) ? "dir" : "file";
    if (chance(100)) drawn.type = "tree";
    if (chance(60)) (chance(2) ? drawn.source : drawn.destination) = one_of(wrong);
    return drawn;
  }
  std::string exclude() {
    static const std::vector<std::string> patterns{"**/a",
                                                   "**/b/",
                                                   "projects/a/**",
                                                   "**/*.json",
                                                   "*",
                                                   "projects/?",
                                                   "projects/[ab]",
                                                   "{projects,other}/c",
                                                   " **/c/** ",
                                                   "**",
                                                   "./projects/d",
                                                   "**/[!a-c]",
                                                   "**/.h*",
                                                   "other/*/view.json",
                                                   "**/q\\?*",
                                                   "config/**/a"};
    static const std::vector<std::string> bad{"/abs", "a[", "a{b", "x\\"};
    return chance(40) ? one_of(bad) : one_of(patterns);
  }
  Profile profile() {
    Profile drawn;
    drawn.preset = story_.profiles.empty() ? (chance(4) ? "none" : "ignition") : story_.profiles[0].preset;
    drawn.mappings.push_back(chance(3) ? mapping() : WrittenMapping{"src", "projects", "", chance(6)});
    for (std::size_t more = chance(2) ? below_(3) : 0; more > 0; --more) drawn.mappings.push_back(mapping());
    for (std::size_t count = chance(3) ? 1 + below_(2) : 0; count > 0; --count) drawn.excludes.push_back(exclude());
    if (chance(3)) drawn.vars["line"] = chance(2) ? "b" : "src";
    if (chance(8)) drawn.role = chance(2) ? "backup" : "master";
    static const std::vector<std::pair<int, int>> limits{{20, 10},    {20, 10}, {1000, 100},
                                                         {1000, 100}, {1, 100}, {0, 100}};
    const auto limit = one_of(limits);
    drawn.prune_files = limit.first;
    drawn.prune_percent = limit.second;
    return drawn;
  }
  void draw_profiles() {
    story_.profiles.push_back(profile());
    for (std::size_t more = below_(3); more > 0; --more) {
      Profile next = story_.profiles.back();
      const std::size_t what = below_(8);
      if (what == 0) next = profile();
      if (what == 1) next.excludes.push_back(exclude());
      if (what == 2) next.excludes.clear();
      if (what == 3) next.mappings.push_back(mapping());
      if (what == 4 && next.mappings.size() > 1) next.mappings.erase(next.mappings.begin());
      if (what == 5) next.vars["line"] = next.vars["line"] == "a" ? "c" : "a";
      if (what == 7 && chance(2)) next.sync = "line-b";
      if (what == 6) next.role = next.role == "backup" ? "master" : "backup";
      story_.profiles.push_back(next);
    }
  }

  // ---- revisions

  static bool fits(const SourceTree& tree, const std::string& path) {
    for (const auto& [other, file] : tree)
      if (other != path && (inside(other, path) || inside(path, other))) return false;
    return true;
  }
  std::string resource() {
    const std::string actor = chance(2) ? "external" : "maria";
    return R"({"scope":"G","version":1,"files":["view.json"],"attributes":{"lastModification":{"actor":")" + actor +
           R"("},"lastModificationSignature":"sig)" + std::to_string(below_(3)) + R"(","what":")" +
           std::to_string(below_(2)) + "\"}}";
  }
  std::string bytes(const std::string& path) {
    if (name_in(path) == "resource.json" && !chance(6)) return resource();
    return chance(12) ? "" : "text " + std::to_string(below_(4));
  }
  SourceFile file(const std::string& path) {
    if (chance(25)) return SourceFile("../../../outside/canary", 0777, File::Type::link);
    if (chance(80)) return SourceFile("", 0644, File::Type::other);
    return SourceFile(bytes(path), chance(4) ? 0755 : 0644);
  }
  std::string source_path() {
    static const std::vector<std::string> tops{"src", "src", "src", "src", "src", "over", "over", "a", "doc"};
    if (chance(12)) return chance(3) ? "src" : "one";
    return one_of(tops) + "/" + tail(false);
  }
  void add_some(SourceTree& tree, std::size_t count) {
    for (; count > 0; --count) {
      const std::string path = !tree.empty() && chance(4) ? under_another_top(tree) : source_path();
      if (fits(tree, path)) tree.insert_or_assign(path, file(path));
    }
  }
  // The same name once more, for mappings that overlay each other.
  std::string under_another_top(const SourceTree& tree) {
    const std::string& path = some_of(tree);
    const auto slash = path.find('/');
    const std::string top = path.substr(0, slash) == "src" ? "over" : "src";
    return slash == std::string::npos ? top + "/" + path : top + path.substr(slash);
  }
  // A file becomes a folder, a folder a file.
  void flip(SourceTree& tree) {
    if (tree.empty()) return;
    const std::string path = some_of(tree);
    const std::string folder = above(path);
    if (chance(2) || folder.empty() || folder == "src") {
      tree.erase(path);
      for (std::size_t count = 1 + below_(2); count > 0; --count) {
        const std::string under = path + "/" + tail(false);
        if (fits(tree, under)) tree.insert_or_assign(under, file(under));
      }
    } else {
      std::erase_if(tree, [&](const auto& one) { return inside(one.first, folder); });
      tree.insert_or_assign(folder, file(folder));
    }
  }
  void draw_revisions() {
    SourceTree tree;
    add_some(tree, 2 + below_(9));
    story_.revisions.push_back(tree);
    for (std::size_t more = 1 + below_(4); more > 0; --more) {
      for (std::size_t edits = 1 + below_(4); edits > 0; --edits) edit(tree);
      if (chance(25)) tree.clear();
      if (chance(25)) std::erase_if(tree, [](const auto& one) { return inside(one.first, "src"); });
      story_.revisions.push_back(tree);
    }
  }
  void edit(SourceTree& tree) {
    const std::size_t what = below_(8);
    if (what < 2 || tree.empty()) return add_some(tree, 1 + below_(3));
    if (what == 2) return flip(tree);
    const auto at = std::next(tree.begin(), static_cast<std::ptrdiff_t>(below_(tree.size())));
    const std::string path = at->first;
    if (what == 3) at->second.mode ^= 0111;
    if (what == 4) tree.erase(at);
    if (what == 5) std::erase_if(tree, [folder = above(path)](const auto& one) { return inside(one.first, folder); });
    if (what > 5) at->second = file(path);
  }

  // ---- the live tree, and what happens to it

  // Somewhere that the source reaches, or reached, or near it.
  std::string live_path() {
    if (chance(near_ ? 8 : 4)) {
      static const std::vector<std::string> tops{"projects", "projects", "config/resources", "other", ""};
      return below(one_of(tops), tail(true));
    }
    const bool near = near_ && !chance(4);
    const std::size_t revision = near ? near_->revision : below_(story_.revisions.size());
    const Profile& profile = near ? story_.profiles[near_->profile] : one_of(story_.profiles);
    const SourceTree& tree = story_.revisions[revision];
    const Rules rules = rules_of(profile, "r" + std::to_string(revision));
    if (tree.empty() || !rules.wrong.empty()) return "projects/" + tail(true);
    const std::string from = some_of(tree);
    std::string path;
    for (const Mapping& mapping : rules.mappings)
      if (const auto lands = mapping.lands(from)) path = *lands;
    if (path.empty() || path.size() > 3000) return "projects/" + tail(true);
    for (; chance(5) && !above(path).empty();) path = above(path);
    if (chance(8)) path += "/" + name(true);
    return path;
  }
  void draw_live() {
    Tree& live = story_.live;
    for (std::size_t count = below_(8); count > 0; --count) {
      const std::string path = live_path();
      if (path.size() > 1000 || inside(path, ".stoker") || inside(path, ".sync-staging")) continue;
      if (find(live, path).what != Found::absent) continue;
      make_folders(live, above(path));
      Node node{Kind::file, bytes(path), one_of(modes), owner()};
      if (chance(7)) node = {Kind::folder, "", chance(2) ? 0755u : 0775u, owner()};
      if (chance(14)) node = {Kind::link, chance(2) ? "/outside/canary" : "elsewhere", 0, {}};
      if (chance(60)) node = {Kind::other, "", 0600, owner()};
      live[path] = node;
    }
    if (chance(10)) live[".sync-staging"] = {Kind::folder, "", 0755, {}}, live[".sync-staging/half"] = {};
    for (auto& [path, node] : live)
      if (node.kind == Kind::folder && chance(5)) node.mode = 0775, node.owner = owner();
  }
  Touch touch(bool planting) {
    static const std::vector<Touch::What> all{Touch::write, Touch::write, Touch::rewrite, Touch::remove,
                                              Touch::chmod, Touch::stamp, Touch::stamp,   Touch::folder};
    Touch drawn;
    drawn.what = one_of(all);
    drawn.path = live_path();
    if (planting && chance(3)) drawn.what = Touch::link;
    if (!planting && chance(10)) drawn.what = Touch::remove_all;
    if (drawn.what == Touch::stamp && name_in(drawn.path) != "resource.json")
      drawn.path = below(above(drawn.path), "resource.json");
    drawn.text = bytes(drawn.path);
    drawn.mode = one_of(modes);
    drawn.owner = owner();
    return drawn;
  }
  Touches touches(std::size_t one_in, bool planting) {
    Touches drawn;
    if (chance(one_in))
      for (std::size_t count = 1 + below_(2); count > 0; --count) drawn.push_back(touch(planting));
    return drawn;
  }
  void draw_steps() {
    std::size_t revision = 0, profile = 0;
    for (std::size_t count = 2 + below_(4); count > 0; --count) {
      Step step;
      step.revision = revision;
      step.profile = profile;
      step.scan_all = chance(4);
      step.repair = chance(4);
      step.restart = chance(4);
      step.since_known = !chance(4);
      step.confirm = chance(2);
      step.resume = chance(6);
      step.revert = chance(3);
      step.forget = chance(4);
      step.links_stay = chance(2);
      if (!story_.steps.empty()) near_ = story_.steps.back();
      step.between = touches(3, true);
      near_ = step;
      step.after_plan = touches(6, true);
      step.after_stage = touches(5, true);
      step.after_apply = touches(5, true);
      story_.steps.push_back(step);
      if (!chance(6)) revision = chance(4) ? below_(story_.revisions.size()) : (revision + 1) % story_.revisions.size();
      if (chance(3)) profile = below_(story_.profiles.size());
    }
  }

  std::mt19937 random_, owner_;  // the second for owners alone: stories are the same with and without them
  Case story_;
  std::optional<Step> near_;  // touches hit what this one is about
};

}  // namespace

Case drawn(unsigned seed) { return Draw(seed).make(); }

}  // namespace stoker::model
