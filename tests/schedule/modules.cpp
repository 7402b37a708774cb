// The modules' verbs as steps of the world.
#include "modules.hpp"

#include "tests/support/built_strategy.hpp"
#include "tests/support/memory_repository.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

namespace stoker::schedule {

using testing::built_strategy;
using testing::MemoryTree;
using testing::Repository;

namespace {

World& world() { return *World::current; }

Error away(const std::string& what) { return Error(errc::unreachable, what).with_retry(true); }

// A step that can fail in one way: the other side is away.
Result<void> step(const std::string& label, double weight = 1) {
  const std::string fault = world().point(label, weight, {"away"});
  if (fault.empty()) return {};
  return away(label + ": " + fault);
}

}  // namespace

// ---------------------------------------------------------------- the source

namespace {

// Schedules ask for the same few contents again and again.
std::string known_blob(const std::string& bytes) {
  static std::map<std::string, std::string> known;
  std::string& blob = known[bytes];
  if (blob.empty()) blob = testing::git_blob(bytes);
  return blob;
}

const Repository& repository() {
  static const Repository made = [] {
    Repository all;
    all.blob = known_blob;
    for (const auto& [name, content] : revisions()) all.revisions[name] = {content.begin(), content.end()};
    return all;
  }();
  return made;
}

}  // namespace

Result<void> WorldSource::resolve(Call&, const std::vector<std::string_view>&, const Out<Resolved>&, const Out<Note>&) {
  return Error(errc::not_found, "nobody resolves here");
}

Result<std::unique_ptr<Tree>> WorldSource::open(Call&, std::string_view revision) {
  if (auto opened = step("source: open " + std::string(revision)); !opened) return std::move(opened).error();
  if (!world().source_up) return away("the source is away");
  return std::unique_ptr<Tree>(
      std::make_unique<MemoryTree>(repository(), repository().revisions.at(std::string(revision)),
                                   [](const std::string& what) { return step("source: " + what, .2); }));
}

// ---------------------------------------------------------------- the verifier

namespace {

using Names = std::set<std::string>;

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& one : names) text += one + ";";
  return text;
}

Names parted(const std::string& text) {
  Names names;
  for (std::size_t from = 0, to = 0; (to = text.find(';', from)) != std::string::npos; from = to + 1)
    names.insert(text.substr(from, to - from));
  return names;
}

// How the gateway was: what it had loaded, and what of it was bad.
struct Baseline {
  Names known, bad;
};

// "<stamp of our lock>|<scans then>|<known>|<bad>"
struct Ticket {
  std::uint64_t stamp = 0, scans = 0;
  Baseline baseline;

  static std::optional<Ticket> from(std::string_view text) {
    if (text.empty()) return std::nullopt;
    std::vector<std::string> parts(1);
    for (const char c : text)
      if (c == '|')
        parts.emplace_back();
      else
        parts.back() += c;
    return Ticket{std::stoull(parts.at(0)), std::stoull(parts.at(1)), {parted(parts.at(2)), parted(parts.at(3))}};
  }
  std::string text() const {
    return std::to_string(stamp) + "|" + std::to_string(scans) + "|" + joined(baseline.known) + "|" +
           joined(baseline.bad);
  }
};

std::string project_of(const std::string& path) {
  constexpr std::string_view folder = "projects/";
  const std::size_t end = path.find('/', folder.size());
  return replicated(path) && end != std::string::npos ? path.substr(folder.size(), end - folder.size()) : std::string();
}

// In this small world a folder with a resource.json is a project.
std::string project_file(const std::string& project) { return "projects/" + project + "/resource.json"; }

Baseline now_loaded() {
  const World& w = world();
  Baseline now;
  if (w.loaded)
    for (const auto& [path, content] : *w.loaded) now.known.insert(path);
  for (const std::string& one : w.bad_now()) now.bad.insert(one);
  return now;
}

Decision no_rights() { return Decision::hold("token", "the key may not write", 1); }

}  // namespace

Result<void> GatewayVerifier::observe(Call&, std::string_view, const Text& facts) {
  World& w = world();
  if (auto asked = step("observe"); !asked) {
    if (w.excuse.empty()) w.excuse = "the gateway could not be asked";
    return asked;
  }
  if (w.state == "running") w.told_role = w.role;
  const std::string role = w.state == "running" ? w.role : "independent";  // one that is down does not say
  return facts.put("{\"state\":\"" + w.state + "\",\"role\":\"" + role + "\",\"started\":\"" +
                   std::to_string(w.starts) + "\"}");
}

Result<void> GatewayVerifier::admit(Call&, std::string_view assignment, const stoker::Plan&, const Out<Decision>& out) {
  if (auto asked = step("admit"); !asked) return asked;
  const std::string state = host_.value(assignment, "/facts/state").value_or("");
  if (state == "down" || state == "faulted") return out.put(Decision::allow());
  if (!world().rights) return out.put(no_rights());
  return out.put(world().designer ? Decision::hold("designer", "somebody edits", 1) : Decision::allow());
}

Result<void> GatewayVerifier::lock(Call&, std::string_view assignment, const stoker::Plan&, const Out<Decision>& out,
                                   const Text& text) {
  World& w = world();
  w.looked = false;
  if (!w.moment("lock")) return away("lock: dead");
  const std::string fault = w.point("lock", 1, {"away", "lost"});
  if (!fault.empty() && fault != "lost") {
    if (w.excuse.empty()) w.excuse = "the lock could not be asked for";
    return away("lock: " + fault);
  }
  const bool looks = host_.value(assignment, "/looks").value_or("true") == "true";
  const std::string state = host_.value(assignment, "/facts/state").value_or("");
  w.looked = true;
  if (w.nobody()) {
    w.excuse = "it came up in the down window";
    return out.put(Decision::allow());
  }
  if (w.state != "running") {
    if (!looks) return away("the gateway is " + w.state);
    return out.put(Decision::hold(w.state, "the gateway is " + w.state, 1));
  }
  if (looks && (state == "down" || state == "faulted"))
    return out.put(Decision::hold("starting", "the gateway came up meanwhile", 1));
  if (looks && w.designer) return out.put(Decision::hold("designer", "somebody edits", 1));
  if (!w.rights) {
    w.excuse = "the lock was refused";
    return out.put(no_rights());
  }
  if (w.lock == "other") {
    w.excuse = "the lock was refused";
    return out.put(Decision::hold("scan-locked", "another actor has it", 1));
  }
  if (w.lock.empty()) {
    w.excuse.clear();
    w.lock_lost = false;
    ++w.lock_stamp;
  }
  w.lock = "us";
  w.locked = true;
  ++w.writes;
  if (fault == "lost") return away("lock: the answer was lost");
  const std::uint64_t stamp = w.lock_stamp;  // somebody may end it while we wait
  for (int polls = 0; w.scan && polls < 6; ++polls) {
    if (auto asked = step("lock: wait for a scan"); !asked) return asked;
    w.pass(World::poll_steps);
  }
  if (w.scan) {
    ++w.counts["held for a scan that does not end"];
    if (looks) {
      w.ask_scan("us");
      w.locked = false;
    } else {
      w.excuse = "the scan did not end";
    }
    return out.put(Decision::hold("scan-active", "a scan does not end", 1));
  }
  w.lock_allowed();
  Ticket ticket{stamp, w.scans, now_loaded()};
  if (const auto known = host_.value(assignment, "/baseline/known"))
    ticket.baseline = {parted(*known), parted(host_.value(assignment, "/baseline/bad").value_or(""))};
  if (!w.moment("granted")) return away("lock: dead");
  if (auto put = text.put(ticket.text()); !put) return put;
  return out.put(Decision::allow());
}

Result<void> GatewayVerifier::verify(Call& call, std::string_view assignment, const stoker::Plan& plan,
                                     std::string_view ticket, const Out<Decision>& out, const Out<Note>& notes,
                                     const Text& detail) {
  auto done = judge(call, assignment, plan, ticket, out, notes, detail);
  if (done || world().dead) return done;
  const errc why = done.error().kind;
  const bool later = why == errc::unreachable || why == errc::conflict;
  world().rules->judged(later ? "later" : why == errc::cancelled ? "cancelled" : "silent");
  return done;
}

Result<void> GatewayVerifier::judge(Call& call, std::string_view assignment, const stoker::Plan& plan,
                                    std::string_view text, const Out<Decision>& out, const Out<Note>& notes,
                                    const Text& detail) {
  World& w = world();
  const auto ask = [&](const char* label) -> Result<void> {
    const std::string fault = w.point(std::string("verify: ") + label, 1, {"silent"});
    if (auto go = call.check(); !go) return go;
    if (!fault.empty()) return Error(errc::timeout, std::string("verify: ") + label + ": " + fault);
    if (w.state != "running" && w.state != "faulted") return Error(errc::unreachable, "the gateway is " + w.state);
    return {};
  };
  const auto unhealthy = [&](const std::string& what) {
    w.rules->judged("unhealthy");
    return out.put(Decision::unhealthy(what, "it is bad"));
  };
  const auto holds = [&](Decision why) {
    ++w.counts["held by verify"];
    w.rules->judged("hold");
    return out.put(std::move(why));
  };
  const std::optional<Ticket> ticket = Ticket::from(text);
  w.rules->judging(ticket.has_value());
  if (auto go = ask("read the lock"); !go) return go;
  if (w.state == "faulted") return unhealthy("gateway");
  const bool lost = ticket && (w.lock != "us" || w.lock_stamp != ticket->stamp);
  if (lost || (ticket && (w.scan || w.scans != ticket->scans)))
    if (auto put = notes.put({"lock-lost", "", "somebody else may have had a scan"}); !put) return put;
  if (w.lock == "other") return Error(errc::conflict, "the lock is held by another");
  if (!w.rights) return holds(no_rights());
  if (!w.moment("scan")) return away("verify: dead");
  while (w.scan) {
    if (auto go = ask("wait for another scan"); !go) return go;
    w.pass(World::poll_steps);
  }
  if (auto go = ask("scan"); !go) return go;
  if (w.state == "running") {
    if (w.lock == "other") ++w.counts["scan raced another actor's lock"];
    w.ask_scan("us");
    ++w.writes;
  }
  if (!w.moment("wait")) return away("verify: dead");
  do {
    if (auto go = ask("wait for its end"); !go) return go;
    w.pass(World::poll_steps);
  } while (w.scan);
  if (w.unsure && w.state == "running") return holds(Decision::hold("scan-unconfirmed", "nobody saw its end", 1));
  if (!w.moment("back")) return away("verify: dead");
  if (auto go = ask("read back"); !go) return go;
  if (w.state == "faulted") return unhealthy("gateway");

  std::optional<Baseline> baseline;
  if (const auto known = host_.value(assignment, "/baseline/known"))
    baseline = Baseline{parted(*known), parted(host_.value(assignment, "/baseline/bad").value_or(""))};
  if (ticket) baseline = ticket->baseline;
  Names delivered, projects;
  auto listed = plan.changes([&](const Change& change) -> Result<void> {
    if (change.op == Change::Op::add || change.op == Change::Op::replace) delivered.insert(change.path);
    if (const std::string project = project_of(change.path); !project.empty()) projects.insert(project);
    return {};
  });
  if (!listed) return listed;
  // What was not there before and was not delivered is somebody else's; without a baseline all but that is.
  const Baseline now = now_loaded();
  Names worse;
  for (const std::string& one : now.bad) {
    const bool counts = delivered.contains(one) || (baseline && (one == "sick" || baseline->known.contains(one)));
    if (counts && !(baseline && baseline->bad.contains(one))) worse.insert(one);
  }
  for (const std::string& project : projects)
    if (!now.known.contains(project_file(project)) && std::filesystem::exists(w.data() / project_file(project)))
      worse.insert("project " + project + " is not listed");
  if (auto put = detail.put("{\"known\":\"" + joined(now.known) + "\",\"bad\":\"" + joined(now.bad) + "\"}"); !put)
    return put;
  w.rules->judged(worse.empty() ? "healthy" : "unhealthy");
  if (worse.empty()) return out.put(Decision::healthy());
  for (const std::string& one : worse)
    if (auto put = out.put(Decision::unhealthy(one, "it is bad")); !put) return put;
  return {};
}

Result<void> GatewayVerifier::unlock(Call&, std::string_view, std::string_view) {
  World& w = world();
  auto asked = step("unlock");
  if (asked && !w.rights) asked = Error(errc::denied, "the key may not write");
  if (!asked) {
    w.unlock_failed = true;
    return asked;
  }
  if (w.state != "running" || w.lock != "us") return {};
  w.ask_scan("us");
  ++w.writes;
  return {};
}

// ---------------------------------------------------------------- the strategy

namespace {

// Keeps what goes through it.
template <class T>
class Heard {
 public:
  explicit Heard(typename T::Sink to) : to_(to) {}
  typename T::Sink sink() { return {this, &Heard::put}; }
  std::vector<T> items;

 private:
  static stoker_status put(void* self, const typename T::Record* records, std::size_t count) noexcept {
    auto& heard = *static_cast<Heard*>(self);
    for (std::size_t i = 0; i < count; ++i) heard.items.push_back(from_record(records[i]));
    return heard.to_.put(heard.to_.to, records, count);
  }
  typename T::Sink to_;
};

struct HeardText {
  explicit HeardText(stoker_text_sink sink) : to(sink) {}
  stoker_text_sink sink() {
    return {this, [](void* self, const stoker_str* records, std::size_t count) noexcept -> stoker_status {
              auto& heard = *static_cast<HeardText*>(self);
              if (count > 0) heard.text = string(records[0]);
              return heard.to.put(heard.to.to, records, count);
            }};
  }
  stoker_text_sink to;
  std::string text;
};

std::string after(const std::string& text, const std::string& key, std::size_t from = 0) {
  const std::string before = "\"" + key + "\":\"";
  const std::size_t at = text.find(before, from);
  if (at == std::string::npos) return {};
  return text.substr(at + before.size(), text.find('"', at + before.size()) - at - before.size());
}

// {"format":1,"base":{...,"run":"…"},"did":"…","run":"…"}
host::Recovered state_of(const std::string& text) {
  host::Recovered state;
  const std::size_t outer = text.find("\"did\"");
  const std::string did = after(text, "did");
  state.did = did == "finished" ? host::Recovered::Did::finished
              : did == "undone" ? host::Recovered::Did::undone
                                : host::Recovered::Did::nothing;
  state.run = after(text, "run", outer);
  state.base_run = after(text.substr(0, outer), "run");
  return state;
}

void enter(const std::string& verb) { world().point("strategy: " + verb, 1, {}); }

}  // namespace

const stoker_strategy_v1* watched_strategy() {
  using S = stoker_strategy;
  using C = const stoker_call;
  static const stoker_strategy_v1 table = [] {
    stoker_strategy_v1 t = built_strategy();
    t.recover = [](S* self, C* call, stoker_str keep, stoker_change_sink changes, stoker_note_sink notes,
                   stoker_text_sink state) -> stoker_status {
      enter("recover");
      Heard<Note> heard(notes);
      HeardText text(state);
      const stoker_status status = built_strategy().recover(self, call, keep, changes, heard.sink(), text.sink());
      world().rules->recover_ended(status == STOKER_OK, state_of(text.text), heard.items);
      return status;
    };
    t.plan = [](S* self, C* call, stoker_str run, stoker_str assignment, const stoker_view* view,
                stoker_change_sink changes, stoker_note_sink notes, stoker_decision_sink decisions) -> stoker_status {
      enter("plan");
      Heard<Change> heard_changes(changes);
      Heard<Note> heard_notes(notes);
      const stoker_status status =
          built_strategy().plan(self, call, run, assignment, view, heard_changes.sink(), heard_notes.sink(), decisions);
      if (status == STOKER_OK) world().rules->planned(string(run), heard_changes.items, heard_notes.items);
      return status;
    };
    t.apply = [](S* self, C* call, stoker_str run, stoker_note_sink notes) -> stoker_status {
      enter("apply");
      if (!world().dead) world().rules->apply_begins(string(run));
      Heard<Note> heard(notes);
      const stoker_status status = built_strategy().apply(self, call, run, heard.sink());
      world().rules->apply_ended(string(run), status, heard.items);
      return status;
    };
    t.revert = [](S* self, C* call, stoker_str run, stoker_change_sink changes,
                  stoker_note_sink notes) -> stoker_status {
      enter("revert");
      if (!world().dead) world().rules->revert_begins(string(run));
      Heard<Note> heard(notes);
      const stoker_status status = built_strategy().revert(self, call, run, changes, heard.sink());
      world().rules->revert_ended(string(run), status == STOKER_OK, heard.items);
      return status;
    };
    return t;
  }();
  return &table;
}

}  // namespace stoker::schedule
