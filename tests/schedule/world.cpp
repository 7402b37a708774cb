// The files on disk are real; the rest of the world is values.
#include "world.hpp"

#include "rules.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace stoker::schedule {
namespace {

constexpr const char* a_path = "projects/x/a";
constexpr const char* resource_path = "projects/x/resource.json";

// All that ever lies at the target outside Stoker's own folder; the walk at the end of a schedule looks for more.
constexpr const char* live_paths[] = {
    a_path,   resource_path, "projects/x/b", "projects/x/new", "projects/x/old", "projects/docs/notes",
    "gw/cfg", "gw/self",     "ext/x",        "ext2/x"};

std::string resource(const std::string& what, const std::string& signature, const std::string& actor) {
  return R"({"version":1,"files":["a"],"attributes":{"lastModification":{"actor":")" + actor +
         R"("},"lastModificationSignature":")" + signature + R"(","what":")" + what + R"("}})";
}

std::string field(const std::string& text, const std::string& name) {
  const std::string before = "\"" + name + "\":\"";
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const std::size_t from = at + before.size();
  return text.substr(from, text.find('"', from) - from);
}

Content tree(const char* a, const char* what, const char* signature, const char* b, const char* cfg, const char* x) {
  Content content{{a_path, a}, {resource_path, resource(what, signature, "git")}, {"gw/cfg", cfg}, {"ext/x", x}};
  if (*b != '\0') content["projects/x/b"] = b;
  return content;
}

Content with(Content content, const char* path, const char* text) {
  content[path] = text;
  return content;
}

// How likely a step is to be left for something else, against a call of the gateway.
double weight_of(const DurableCall& call) {
  const bool own = call.path.starts_with(".stoker/");
  const bool live = !own || (!call.other.empty() && !call.other.starts_with(".stoker/"));
  if (live) return 1;
  if (call.path == ".stoker/target.json") return 1;
  if (call.path.starts_with(".stoker/merge/state.db")) return call.does == DurableCall::Does::sync ? .05 : .1;
  return .2;
}

std::string label_of(const DurableCall& call) {
  static constexpr const char* verbs[] = {"make", "write", "move", "remove", "chmod", "sync"};
  const std::string from = call.other.empty() ? std::string() : call.other + " -> ";
  return std::string(verbs[static_cast<int>(call.does)]) + " " + from + call.path;
}

int errno_of(const std::string& fault) {
  if (fault == "ENOSPC") return ENOSPC;
  return fault == "EACCES" ? EACCES : EIO;
}

}  // namespace

World* World::current = nullptr;

// ---------------------------------------------------------------- the source

const std::map<std::string, Content>& revisions() {
  static const std::map<std::string, Content> all{
      {"r1", tree("a1", "m1", "m1,a1", "b1", "T1", "x1")},
      {"r2", tree("a2", "m1", "stale", "b1", "T1", "x1")},
      {"r3", tree("a3BAD", "m3", "stale", "", "T1", "x3")},
      {"r4", tree("a2", "m1", "stale", "b1", "T1", "x1")},  // nothing else than r2, as far as the target is concerned
      {"r5", tree("a5", "m5", "m5,a5", "b5", "T5", "x5")},
      {"r6", tree("a2", "m1", "stale", "b1", "T1", "x6FATAL")},  // keeps a gateway from starting
      {"r7", tree("a3BAD", "m3", "stale", "b7", "T1", "x3")},    // on top of r3, as bad
      {"r8", with(tree("a2", "m1", "stale", "b1", "T1", "x1"), "projects/docs/notes", "n8")},  // a folder, no project
      {"rF", tree("aF", "mF", "stale", "bF", "TF", "xF")}};                                    // the good end
  return all;
}

Content rendered(const std::string& revision, bool other_mapping) {
  Content content = revisions().at(revision);
  if (other_mapping) {
    auto node = content.extract("ext/x");
    node.key() = "ext2/x";
    content.insert(std::move(node));
  }
  return content;
}

std::string meaning(const std::string& path, const std::string& content) {
  return path.ends_with("resource.json") ? "what " + field(content, "what") : content;
}

host::Assignment Wish::assignment() const {
  host::Assignment a;
  a.sync = "line-a";
  a.target = a.pod = "press-1";
  a.ref = "refs/heads/main";
  a.revision = revision;
  a.dry_run = dry;
  a.retry = retry;
  a.auto_rollback = rollback;
  if (hold) {
    host::Hold paused;
    paused.name = "paused";
    paused.reason = "somebody said so";
    a.hold = paused;
  }
  a.profile.name = "line";
  a.profile.mappings = {{"projects", "projects", host::MappingType::dir, false},
                        {"gw", "gw", host::MappingType::dir, false},
                        {"ext", other_mapping ? "ext2" : "ext", host::MappingType::dir, false}};
  a.profile.vars = {{"line", std::to_string(vars)}};
  return a;
}

std::string Wish::name() const {
  return revision + (other_mapping ? " ext2" : "") + (vars == 1 ? "" : " var" + std::to_string(vars)) +
         (retry.empty() ? "" : " retry " + retry) + (dry ? " dry" : "") + (hold ? " paused" : "") +
         (rollback ? "" : " no-rollback");
}

// ---------------------------------------------------------------- steps

World::World(std::filesystem::path data, Picks p) : picks(std::move(p)), data_(std::move(data)) {
  current = this;
  const Schedule& schedule = picks.schedule();
  assigned.revision = schedule.revision;
  const std::string old = resource("mold", "mold,old", "person");
  if (schedule.start == "fresh") state = "down", commissioned_ = false;
  if (schedule.start == "same")
    for (const auto& [path, content] : rendered("r1", false)) put(path, content, false);
  if (schedule.start == "adopt")
    for (const auto& [path, content] :
         Content{{a_path, "old"}, {resource_path, old}, {"gw/cfg", "T1"}, {"projects/x/old", "old"}})
      put(path, content, false);
  if (state == "running") load("start", false);
}

World::~World() { current = nullptr; }

std::string World::point(const std::string& label, double weight, std::initializer_list<const char*> faults) {
  if (dead) return "dead";
  pass(1);
  if (dead) return "dead";
  if (weight >= .2) say("  " + label);
  for (;;) {
    const std::string got = picks.next(weight, [&] {
      std::vector<std::string> options{"kill"};
      for (const char* fault : faults) options.push_back(std::string("!") + fault);
      if (weight < 1) return options;
      const auto own = events();
      options.insert(options.end(), own.begin(), own.end());
      return options;
    });
    if (got.empty()) return {};
    if (weight < .2) say("  " + label);
    if (got == "kill") {
      say("  KILLED here");
      ++counts["kills"];
      dead = true;
      return "dead";
    }
    if (got[0] == '!') {
      say("  FAILS: " + got.substr(1));
      ++counts["failed steps"];
      return got.substr(1);
    }
    happen(got);
    if (dead) return "dead";
  }
}

int World::before(const DurableCall& call) {
  if (dead) return EIO;
  const std::string fault = call.does == DurableCall::Does::move && weight_of(call) == 1
                                ? point(label_of(call), 1, {"EIO", "EACCES"})
                                : point(label_of(call), weight_of(call), {"EIO", "ENOSPC"});
  if (fault == "dead") return EIO;
  if (!fault.empty()) return errno_of(fault);
  const bool needs_space = call.does == DurableCall::Does::make || call.does == DurableCall::Does::write;
  if (disk_full && needs_space) return ENOSPC;
  const bool moves_live =
      call.does == DurableCall::Does::move && weight_of(call) == 1 && call.path != ".stoker/target.json";
  if (moves_live && !moment(moves == moves_at_lock ? "rename" : "renamed")) return EIO;
  if (rules) rules->about_to(call);
  return dead ? EIO : 0;
}

void World::after(const DurableCall& call) {
  ++counts["durable calls"];
  if (call.does != DurableCall::Does::sync && !call.path.starts_with(".stoker/assignment.json")) ++writes;
  if (rules) rules->done(call);
}

// ---------------------------------------------------------------- the files

World::Live World::live() const {
  Live found;
  for (const char* path : live_paths) {
    const int file = ::open((data_ / path).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    struct stat st {};
    std::array<char, 512> bytes{};
    const ssize_t size = ::fstat(file, &st) == 0 && S_ISREG(st.st_mode) ? ::read(file, bytes.data(), bytes.size()) : -1;
    ::close(file);
    if (size >= 0) found[path] = {std::string(bytes.data(), static_cast<std::size_t>(size)), st.st_ino};
  }
  return found;
}

bool World::foreign(const LiveFile& file) const {
  const auto known = foreign_.find(file.inode);
  return known != foreign_.end() && known->second == file.content;
}

// Every foreign write has a time of its own: the clock that a file system stamps with ticks too slowly for this test.
void World::put(const std::string& path, const std::string& content, bool in_place) {
  const Unwatched own;
  static std::int64_t ticks = 1'800'000'000;
  const std::filesystem::path file = data_ / path, beside = data_ / (path + ".foreign");
  std::filesystem::create_directories(file.parent_path());
  const std::filesystem::path& to = in_place ? file : beside;
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0 || ::write(out, content.data(), content.size()) != static_cast<ssize_t>(content.size())) std::abort();
  const std::array<timespec, 2> times{timespec{++ticks, 0}, timespec{ticks, 0}};
  struct stat st {};
  if (::futimens(out, times.data()) != 0 || ::fstat(out, &st) != 0) std::abort();
  ::close(out);
  if (!in_place && ::rename(beside.c_str(), file.c_str()) != 0) std::abort();
  foreign_[st.st_ino] = content;
  last_put[path] = ++puts;
}

void World::save(const char* event) {
  const std::string text = "D" + std::to_string(++saves_);
  const bool a = std::string_view(event) != "save_b";
  put(a ? a_path : "projects/x/b", text, false);
  if (a)
    put(resource_path, resource("m" + text, "m" + text + "," + text, "ada"), false);
  else
    put("projects/x/new", text, false);
}

// A gateway that reads a resource whose signature does not fit signs it. That is not a change of what it means.
void World::stamp() {
  Live now = live();
  const auto found = now.find(resource_path);
  if (found == now.end()) return;
  const std::string what = field(found->second.content, "what");
  const std::string signature = what + "," + (now.contains(a_path) ? now.at(a_path).content : "");
  if (field(found->second.content, "lastModificationSignature") == signature) return;
  const bool was_foreign = foreign(found->second);
  const std::string signed_now = resource(what, signature, "external");
  put(resource_path, signed_now, true);
  if (!was_foreign) foreign_.erase(found->second.inode);
  if (loaded) (*loaded)[resource_path] = signed_now;
}

// ---------------------------------------------------------------- the gateway

void World::load(const std::string& cause, bool moved) {
  if (rules) rules->loading(cause, moved);
  loaded.emplace();
  for (const auto& [path, file] : live()) (*loaded)[path] = file.content;
  stamp();
}

void World::ask_scan(const std::string& by) {
  if (by == "us" || by == "foreign") release_lock();
  if (state != "running") return;
  if (!scan) return begin_scan(by);
  if (scan->next != "us") scan->next = by;
}

void World::begin_scan(const std::string& by) {
  scan.emplace();
  scan->by = by;
  scan->number = ++scans;
  scan->moves = moves;
  if (!slow_scans) return end_scan();
  scan->left = slow_steps;
  for (const auto& [path, file] : live())
    if (!replicated(path)) scan->early[path] = file.content;
  say("  a scan by " + by + " begins");
  if (rules) rules->loading(by, false);
}

void World::end_scan() {
  const Scan ended = *std::exchange(scan, std::nullopt);
  load(ended.by, ended.moves != moves);
  if (slow_scans) say("  the scan by " + ended.by + " ends");
  if (ended.moves != moves) {
    std::erase_if(*loaded, [](const auto& file) { return !replicated(file.first); });
    loaded->insert(ended.early.begin(), ended.early.end());
  }
  if (!ended.next.empty()) begin_scan(ended.next);
}

void World::pass(int steps) {
  if (scan && (scan->left -= steps) <= 0) end_scan();
}

void World::end_scans() {
  while (scan) end_scan();
}

void World::release_lock() {
  lock.clear();
  const Live now = live();
  const auto found = now.find(a_path);
  if (stubborn && found != now.end() && !foreign(found->second)) ++waiting_saves;
  if (waiting_saves > 0) say("  a save that waited for the lock runs");
  for (; waiting_saves > 0; --waiting_saves) save("save_a");
}

// What the process does from now on it does with the lock, and after the scans of before.
void World::lock_allowed() {
  scans_at_lock = scans;
  moves_at_lock = moves;
}

std::vector<std::string> World::bad_now() const {
  std::vector<std::string> found;
  if (loaded)
    for (const auto& [path, content] : *loaded)
      if (bad(content)) found.push_back(path);
  if (sick) found.emplace_back("sick");
  return found;
}

void World::go_to_starting() {
  state = "starting";
  loaded.reset();
  lock.clear();
  scan.reset();
  waiting_saves = 0;
  designer = false;
  ++starts;
  early_.clear();
  for (const auto& [path, file] : live())
    if (!path.starts_with("projects/")) early_[path] = file.content;
  early_moves_ = moves;
}

// What does not belong to a project was read when the start began.
void World::become_ready() {
  const Live now = live();
  const bool fatal = std::any_of(
      now.begin(), now.end(), [](const auto& file) { return file.second.content.find("FATAL") != std::string::npos; });
  if (fatal) {
    state = "faulted";
    loaded.reset();
    return;
  }
  if (!commissioned_ && state == "starting") {
    state = "commissioning";
    put("gw/cfg", "default", false);
    return;
  }
  commissioned_ = true;
  state = "running";
  load("start", false);
  if (early_moves_ == moves) return;
  ++counts["starts while files moved"];
  std::erase_if(*loaded, [](const auto& file) { return !file.first.starts_with("projects/"); });
  loaded->insert(early_.begin(), early_.end());
}

// ---------------------------------------------------------------- events

std::vector<std::string> World::events() const {
  std::vector<std::string> all;
  const bool up = state == "running";
  if (up) all.insert(all.end(), {"gw_restart", "gw_stop", "selfwrite", sick ? "sick_off" : "sick_on", "role_swap"});
  if (nobody()) all.emplace_back("gw_up");
  if (state == "starting" || state == "commissioning") all.insert(all.end(), {"gw_ready", "gw_stop"});
  if (lock == "us") all.emplace_back("lock_expire");
  if (lock == "other") all.emplace_back("other_unlock");
  if (up && lock.empty()) all.insert(all.end(), {"other_lock", "auto_scan"});
  if (up) all.insert(all.end(), {"foreign_scan", "rude_scan", "api_save", stubborn ? "stubborn_off" : "stubborn_on"});
  if (up) all.insert(all.end(), {rights ? "rights_off" : "rights_on", unsure ? "unsure_off" : "unsure_on"});
  if (up) all.emplace_back(slow_scans ? "scans_quick" : "scans_slow");
  if (up && designer) all.insert(all.end(), {"save_a", "save_b"});
  if (up) all.emplace_back(designer ? "designer_close" : "designer_open");
  if (up && role == "backup" && lock != "us") all.emplace_back("replicate");
  all.emplace_back(secret ? "secret_off" : "secret_on");
  all.emplace_back(source_up ? "source_down" : "source_up");
  all.emplace_back(control_up ? "control_down" : "control_up");
  all.emplace_back(disk_full ? "disk_free" : "disk_full");
  if (!control_up) return all;
  for (const char* revision : {"r1", "r2", "r3", "r5", "r8"})
    if (assigned.revision != revision) all.push_back(std::string("assign:") + revision);
  all.insert(all.end(), {"var", "map", "retry", "dry", "hold"});
  return all;
}

void World::assign(Wish wish) {
  assigned = std::move(wish);
  if (on_assigned) on_assigned();
}

bool World::can(const std::string& event) const {
  const auto possible = events();
  return event.starts_with("assign:") || std::find(possible.begin(), possible.end(), event) != possible.end();
}

void World::arm(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) armed_.emplace(text.substr(0, colon), text.substr(colon + 1));
}

bool World::moment(const std::string& name) {
  for (auto at = armed_.find(name); at != armed_.end() && !dead; at = armed_.find(name)) {
    const std::string event = at->second;
    armed_.erase(at);
    if (event == "kill") {
      say("  KILLED at " + name);
      ++counts["kills"];
      dead = true;
    } else if (can(event)) {
      happen(event);
    }
  }
  return !dead;
}

void World::happen(const std::string& event) {
  say("  ~ " + event);
  ++happened;
  ++counts["events"];
  const bool up = state == "running";
  if (lock == "us" && (event == "gw_restart" || event == "gw_stop") && excuse.empty()) excuse = "gateway restarted";
  Wish wish = assigned;
  if (event == "gw_restart" || event == "gw_up") {
    go_to_starting();
  } else if (event == "gw_stop") {
    state = "down";
    loaded.reset();
    lock.clear();
    scan.reset();
    waiting_saves = 0;
    designer = false;
  } else if (event == "gw_ready") {
    if (state == "starting" || state == "commissioning") become_ready();
  } else if (event == "lock_expire") {
    lock_lost = true;
    if (excuse.empty()) excuse = "the lock ran out";
    release_lock();
  } else if (event == "other_lock") {
    lock = "other";
  } else if (event == "other_unlock") {
    release_lock();
    if (up) ask_scan("auto");
  } else if (event == "foreign_scan") {
    ++counts["foreign scans"];
    if (lock == "us") {
      ++counts["locks ended by a foreign scan"];
      lock_lost = true;
      if (excuse.empty()) excuse = "a foreign scan ended the lock";
    }
    ask_scan("foreign");
  } else if (event == "auto_scan" || event == "rude_scan") {
    ++counts["automatic scans"];
    if (!scan) ask_scan(event == "auto_scan" ? "auto" : "rude");
  } else if (event == "api_save") {
    ++counts["foreign saves"];
    ++waiting_saves;
    if (lock.empty()) release_lock();
  } else if (event == "stubborn_on" || event == "stubborn_off") {
    stubborn = event == "stubborn_on";
  } else if (event == "rights_on" || event == "rights_off") {
    rights = event == "rights_on";
  } else if (event == "secret_on" || event == "secret_off") {
    secret = event == "secret_on";
  } else if (event == "unsure_on" || event == "unsure_off") {
    unsure = event == "unsure_on";
  } else if (event == "scans_slow" || event == "scans_quick") {
    slow_scans = event == "scans_slow";
  } else if (event == "designer_open" || event == "designer_close") {
    designer = up && event == "designer_open";
  } else if (event == "save_a" || event == "save_b") {
    save(event.c_str());
  } else if (event == "selfwrite") {
    const std::string text = "g" + std::to_string(++saves_);
    put("gw/self", text, false);
    put("gw/cfg", text, saves_ % 2 == 0);
  } else if (event == "sick_on" || event == "sick_off") {
    sick = event == "sick_on";
  } else if (event == "role_swap") {
    role = role == "master" ? "backup" : "master";
  } else if (event == "replicate") {
    for (const auto& [path, content] : rendered("r5", false))
      if (replicated(path)) put(path, content, false);
    ask_scan("auto");
  } else if (event == "source_down" || event == "source_up") {
    source_up = event == "source_up";
  } else if (event == "control_down" || event == "control_up") {
    control_up = event == "control_up";
  } else if (event == "disk_full" || event == "disk_free") {
    disk_full = event == "disk_full";
  } else if (event.starts_with("assign:")) {
    wish.revision = event.substr(7);
    wish.dry = false;
    assign(wish);
  } else if (event == "var") {
    wish.vars = wish.vars % 3 + 1;
    wish.dry = false;
    assign(wish);
  } else if (event == "map") {
    wish.other_mapping = !wish.other_mapping;
    wish.dry = false;
    assign(wish);
  } else if (event == "retry") {
    wish.retry = "t" + std::to_string(++retries_);
    wish.dry = false;
    assign(wish);
  } else if (event == "dry") {
    wish.dry = !wish.dry;
    assign(wish);
  } else if (event == "hold") {
    wish.hold = !wish.hold;
    assign(wish);
  } else if (event == "no_rollback") {
    wish.rollback = false;
    assign(wish);
  }
}

}  // namespace stoker::schedule
