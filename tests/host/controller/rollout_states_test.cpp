// The rollout over all that it may find and all that may happen next: every last assignment of a target under every
// state of its Sync, and each event after that. The rules are written down here anew and share nothing with the
// rollout.
#include <gtest/gtest.h>
#include "host/controller/rollout.hpp"

namespace stoker::host {
namespace {

constexpr const char *sync_name = "line-a", *profile_name = "line";

// One state of the world: a Sync, what its ref resolved to, one target and what that was assigned last.
struct World {
  SyncSpec sync;
  std::optional<ResolvedRef> resolved;
  RolloutTarget target;
  std::uint64_t token = 5;

  bool profile_is_there() const { return sync.profiles.contains(target.profile); }
  const SyncProfile& profile() const { return sync.profiles.at(target.profile); }
  bool paused() const { return sync.paused || profile().paused; }
  bool ours() const {
    return target.last && target.last->sync == sync.name && target.last->name_space == sync.name_space;
  }
  std::optional<Assignment> pass() const {
    std::vector<Assignment> made = rollout(sync, resolved, {target}, token, false);
    if (made.empty()) return std::nullopt;
    return std::move(made.front());
  }
  std::string text() const;
};

std::string text_of(const Assignment& a) {
  return a.sync + "/" + a.name_space + " " + a.revision + " token " + std::to_string(a.token) +
         (a.dry_run ? " dry" : "") + (a.hold ? " hold " + a.hold->name + " (" + a.hold->reason + ")" : "") +
         " retry '" + a.retry + "' prune " + std::to_string(a.profile.prune.max_files);
}

std::string World::text() const {
  std::string out = std::string("Sync") + (sync.paused ? " paused" : "") + " retry '" + sync.retry + "', profile ";
  out += profile_is_there() ? std::string(profile().paused ? "paused" : "runs") + (profile().dry_run ? " dry" : "")
                            : std::string("gone");
  out += ", resolved " + (resolved ? resolved->revision : "nothing") + ", token " + std::to_string(token) + ", last ";
  return out + (target.last ? text_of(*target.last) : "none");
}

// ---------------------------------------------------------------- all states

struct Owner {
  const char *sync, *name_space;
};
constexpr Owner owners[] = {{sync_name, "default"}, {"line-b", "default"}, {sync_name, "elsewhere"}};

Hold hold_named(const char* name) {
  Hold hold;
  hold.name = name;
  hold.reason = "of before";
  return hold;
}

SyncProfile new_profile() {
  SyncProfile profile;
  profile.profile.name = profile_name;
  profile.profile.mappings = {{"projects", "projects", MappingType::inferred, false}};
  return profile;
}

std::vector<std::optional<Assignment>> last_assignments() {
  std::vector<std::optional<Assignment>> all{std::nullopt};
  for (const Owner& owner : owners)
    for (const char* hold : {"", "paused", "window"})
      for (const char* retry : {"", "again"})
        for (const bool dry_run : {false, true})
          for (const std::uint64_t token : {1u, 9u}) {
            Assignment last;
            last.sync = owner.sync;
            last.name_space = owner.name_space;
            last.target = "press-1";
            last.revision = "r1";
            last.ref = "refs/heads/main";
            if (*hold) last.hold = hold_named(hold);
            last.retry = retry;
            last.dry_run = dry_run;
            last.token = token;
            last.profile = new_profile().profile;
            all.emplace_back(std::move(last));
          }
  return all;
}

std::vector<World> worlds() {
  std::vector<World> all;
  for (const auto& last : last_assignments())
    for (const bool sync_paused : {false, true})
      for (const char* profile : {"runs", "paused", "gone"})
        for (const bool dry_run : {false, true})
          for (const char* retry : {"", "again", "later"})
            for (const char* revision : {"", "r1", "r2"}) {
              World world;
              world.sync.name = sync_name;
              world.sync.paused = sync_paused;
              world.sync.retry = retry;
              world.sync.profiles[profile_name] = new_profile();
              world.sync.profiles[profile_name].paused = std::string_view(profile) == "paused";
              world.sync.profiles[profile_name].dry_run = dry_run;
              if (std::string_view(profile) == "gone") world.sync.profiles.clear();
              if (*revision) world.resolved = ResolvedRef{revision, "refs/heads/main"};
              world.target = {"press-1", "press-1", profile_name, {}, 0, last};
              all.push_back(std::move(world));
            }
  return all;
}

// ---------------------------------------------------------------- all events

struct Event {
  const char* name;
  void (*happen)(World&);
};

void with_profile(World& world, void (*change)(SyncProfile&)) {
  for (auto& [name, profile] : world.sync.profiles) change(profile);
}

const Event events[] = {
    {"nothing", [](World&) {}},
    {"the Sync is paused", [](World& w) { w.sync.paused = true; }},
    {"the Sync is resumed", [](World& w) { w.sync.paused = false; }},
    {"the profile is paused", [](World& w) { with_profile(w, [](SyncProfile& p) { p.paused = true; }); }},
    {"the profile is resumed", [](World& w) { with_profile(w, [](SyncProfile& p) { p.paused = false; }); }},
    {"a retry", [](World& w) { w.sync.retry += "!"; }},
    {"the retry text is taken out", [](World& w) { w.sync.retry.clear(); }},
    {"a new revision",
     [](World& w) {
       w.resolved = ResolvedRef{"r3", "refs/heads/main"};
     }},
    {"the old revision again",
     [](World& w) {
       w.resolved = ResolvedRef{"r1", "refs/heads/main"};
     }},
    {"the source is away", [](World& w) { w.resolved.reset(); }},
    {"the profile changes", [](World& w) { with_profile(w, [](SyncProfile& p) { p.profile.prune.max_files = 900; }); }},
    {"large files are wanted", [](World& w) { w.sync.source.lfs = true; }},
    {"dry run is turned", [](World& w) { with_profile(w, [](SyncProfile& p) { p.dry_run = !p.dry_run; }); }},
    {"the profile goes", [](World& w) { w.sync.profiles.clear(); }},
    {"the profile comes", [](World& w) { w.sync.profiles.try_emplace(profile_name, new_profile()); }},
    {"another Sync had the target",
     [](World& w) {
       if (w.target.last) w.target.last->sync = "line-c";
     }},
    {"an older token", [](World& w) { w.token = 2; }},
    {"a newer token", [](World& w) { w.token = 20; }},
};

// ---------------------------------------------------------------- the rules

// Of a target that is paused: its last assignment, and why it stands still.
std::string broken_while_paused(const World& world, const Assignment& made) {
  const Assignment& last = *world.target.last;
  if (!made.hold || made.hold->name != "paused") return "a pause is no hold";
  const bool by_sync = made.hold->reason.starts_with("Sync "), by_profile = made.hold->reason.starts_with("profile ");
  if (world.sync.paused ? !by_sync : !by_profile) return "the hold does not say who paused";
  Assignment standing = made;
  standing.hold = last.hold;
  if (!standing.same_work(last) || made.ref != last.ref || !(made.profile == last.profile))
    return "a pause lets something new through";
  return {};
}

std::string broken_while_running(const World& world, const Assignment& made) {
  if (made.hold) return "it is held, and nobody paused it";
  if (made.sync != world.sync.name || made.name_space != world.sync.name_space) return "it is another Sync's";
  if (made.source != world.sync.source) return "its source is not the Sync's";
  if (made.retry != world.sync.retry) return "the retry text does not arrive";
  if (made.dry_run != world.profile().dry_run) return "dry run is not what the profile says";
  if (!(made.profile == world.profile().profile)) return "the profile is not the Sync's";
  if (made.revision != (world.resolved ? world.resolved->revision : world.target.last->revision))
    return "the revision is not the newest that is known";
  return {};
}

// Which rule this answer breaks; empty when it keeps them all.
std::string broken(const World& world, const std::optional<Assignment>& made) {
  if (!world.profile_is_there()) return made ? "a target whose profile is gone is assigned something" : "";
  const bool known = world.ours() || (world.resolved && !world.paused());
  if (made && !known) return "assigned, and nothing is known for it";
  if (!known) return {};
  const std::optional<Assignment>& last = world.target.last;
  if (!made && !last) return "nothing is assigned";
  if (made && last) {
    const bool same = made->same_work(*last);
    if (same && made->token != last->token) return "the token grew without work";
    if (!same && made->token <= last->token) return "new work has a token that was used";
    if (to_json(*made) == to_json(*last)) return "it is assigned what it has";
  }
  const Assignment& stands = made ? *made : *last;
  return world.paused() ? broken_while_paused(world, stands) : broken_while_running(world, stands);
}

// What one event after another answer must not do, whatever the single answers say.
std::string broken_by(const World& before, const std::optional<Assignment>& first, const World& after,
                      const std::optional<Assignment>& second) {
  if (!first || !second) return {};
  if (second->token < first->token && after.ours()) return "the token went back";
  if (!before.profile_is_there() || !before.paused() || !after.paused() || !after.ours()) return {};
  if (second->revision != first->revision || second->retry != first->retry || second->dry_run != first->dry_run ||
      second->inputs(Role::independent) != first->inputs(Role::independent))
    return "a pause did not last";
  return {};
}

// pitfalls P72
TEST(RolloutStatesTest, EveryRuleHoldsInEveryStateAndAfterEveryEvent) {
  std::size_t cases = 0;
  for (const World& before : worlds()) {
    const std::optional<Assignment> first = before.pass();
    ASSERT_EQ(broken(before, first), "") << before.text();
    for (const Event& event : events) {
      World after = before;
      if (first) after.target.last = first;
      event.happen(after);
      const std::optional<Assignment> second = after.pass();
      std::string why = broken(after, second);
      if (why.empty()) why = broken_by(before, first, after, second);
      ASSERT_EQ(why, "") << before.text() << "\nthen " << event.name << ":\n"
                         << after.text() << "\nassigned: " << (second ? text_of(*second) : "nothing");
      ++cases;
    }
  }
  std::printf("%zu cases\n", cases);
  EXPECT_EQ(cases, last_assignments().size() * 108 * std::size(events)) << "enumerated, not drawn";
}

}  // namespace
}  // namespace stoker::host
