// A source, a strategy, a verifier and a gateway in memory, behind the real C tables. Honest where it counts (what is
// live, who owns it, what can be put back), scripted where a test wants a failure: `fail("apply", error)` answers the
// next such call so, `on("lock", f)` lets the world move right then. Every call is recorded by its verb.
#pragma once

#include "host/run/pipeline.hpp"
#include "tests/support/memory_repository.hpp"

#include <stoker/source.hpp>
#include <stoker/strategy.hpp>
#include <stoker/verifier.hpp>

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <future>
#include <set>

namespace stoker::host::testing {

using Content = std::map<std::string, std::string>;

struct World {
  std::mutex mutex;
  std::vector<std::string> calls;
  std::map<std::string, std::deque<Error>> failures;
  std::map<std::string, std::function<void(World&)>> hooks;

  // the source
  std::map<std::string, Content> revisions{{"r1", {{"p/a", "a1"}}},
                                           {"r2", {{"p/a", "a2"}, {"p/b", "b2"}}},
                                           {"bad", {{"p/a", "BAD"}}},
                                           {"good", {{"p/a", "a9"}}}};
  // the gateway
  std::string state = "running", role = "independent", started = "1", lock_owner;
  bool redundancy_pending = false, designer = false, sick = false;
  std::string cannot_judge;      // why verify holds
  std::optional<int> designers;  // that are open, where the gateway says so
  std::optional<Error> inspect_fails;
  std::string overwritten;  // the content that somebody saves over p/a after each verify; empty: nobody does
  Content loaded;
  // the volume
  Content live, inventory;
  std::map<std::string, std::string> base;  // revision, inputs, vars, run
  struct Undo {
    Content live, inventory;
    std::map<std::string, std::string> base;
    std::string run;
    Content made = {};  // what the Run changed
  };
  std::vector<Undo> undo;
  std::optional<Undo> journal;  // an apply that did not end
  bool journal_undo = false;
  Content journal_live, journal_inventory;
  std::map<std::string, std::string> journal_base;
  std::set<std::string> staged;
  std::vector<std::string> tickets_seen, assignments_seen;
  std::vector<std::string> judged;  // paths that the last verify was shown

  void fail(const std::string& verb, Error error) { failures[verb].push_back(std::move(error)); }
  void on(const std::string& verb, std::function<void(World&)> hook) { hooks[verb] = std::move(hook); }

  Result<void> step(const std::string& verb) {
    std::function<void(World&)> hook;
    Result<void> answer;
    {
      const std::lock_guard lock(mutex);
      calls.push_back(verb);
      if (auto& queue = failures[verb]; !queue.empty()) {
        answer = std::move(queue.front());
        queue.pop_front();
      }
      if (auto found = hooks.find(verb); found != hooks.end()) {
        hook = std::move(found->second);
        hooks.erase(found);
      }
    }
    if (hook) hook(*this);
    return answer;
  }
  bool called(const std::string& verb) const { return std::find(calls.begin(), calls.end(), verb) != calls.end(); }
  std::size_t count(const std::string& verb) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), verb));
  }
  std::vector<std::string> bad() const {
    std::vector<std::string> found;
    for (const auto& [path, content] : loaded)
      if (content.find("BAD") != std::string::npos) found.push_back(path);
    if (sick) found.push_back("sick");
    return found;
  }
  static inline World* current = nullptr;  // what instances that are being created belong to
};

// Known by its content, as nobody compares revisions here.
class FakeTree final : public stoker::testing::MemoryTree {
 public:
  FakeTree(World& world, const Content& content)
      : MemoryTree(repository(), {content.begin(), content.end()}), world_(world) {
    world.calls.push_back("open-tree");
  }
  ~FakeTree() override { world_.calls.push_back("close"); }

 private:
  static const stoker::testing::Repository& repository() {
    static const stoker::testing::Repository nothing{{}, {}, stoker::testing::bytes_as_blob};
    return nothing;
  }
  World& world_;
};

class FakeSource final : public Source {
 public:
  FakeSource(const stoker::Config&, Host&) : world_(*World::current) {}
  Result<void> resolve(Call&, const std::vector<std::string_view>& refs, const Out<Resolved>& out,
                       const Out<Note>&) override {
    for (std::string_view ref : refs) {
      Resolved resolved;
      resolved.revision = resolved.ref = std::string(ref);
      if (auto put = out.put(resolved); !put) return put;
    }
    return {};
  }
  Result<std::unique_ptr<Tree>> open(Call&, std::string_view revision) override {
    if (auto step = world_.step("open"); !step) return std::move(step).error();
    return std::unique_ptr<Tree>(std::make_unique<FakeTree>(world_, world_.revisions.at(std::string(revision))));
  }

 private:
  World& world_;
};

class FakeStrategy : public Strategy {
 public:
  FakeStrategy(const stoker::Config&, Host& host) : world_(*World::current), host_(host) {}

  Result<void> recover(Call&, std::string_view keep, const Out<Change>& changes, const Out<Note>&,
                       const Text& state) override {
    if (auto step = world_.step("recover"); !step) return step;
    std::string did = "nothing", run;
    std::erase_if(world_.staged, [&](const std::string& one) { return one != keep && !world_.journal; });
    if (world_.journal) {
      run = world_.journal->run;
      did = world_.journal_undo ? "undone" : "finished";
      Change change;
      change.path = "p/a";
      change.op = Change::Op::replace;
      if (auto put = changes.put(change); !put) return put;
      if (world_.journal_undo)
        put_back(*world_.journal);
      else
        commit();
      world_.journal.reset();
    }
    const auto& b = world_.base;
    auto at = [&](const char* key) { return b.count(key) ? b.at(key) : std::string(); };
    const std::string base = b.empty() ? "null"
                                       : "{\"revision\":\"" + at("revision") + "\",\"inputs\":\"" + at("inputs") +
                                             "\",\"vars\":\"" + at("vars") + "\",\"run\":\"" + at("run") + "\"}";
    return state.put("{\"format\":1,\"base\":" + base + ",\"did\":\"" + did + "\",\"run\":\"" + run + "\"}");
  }

  Result<void> plan(Call&, std::string_view run, std::string_view assignment, const View& view,
                    const Out<Change>& changes, const Out<Note>&, const Out<Decision>& decisions) override {
    if (auto step = world_.step("plan"); !step) return step;
    wanted_.clear();
    run_ = std::string(run);
    for (const char* key : {"revision", "inputs", "vars"})
      next_base_[key] = host_.value(assignment, std::string("/") + key).value_or("");
    next_base_["run"] = run_;
    auto listed = view.list("", [&](File file) {
      wanted_[file.path] = file.blob;
      return Result<void>();
    });
    if (!listed) return listed;
    for (const auto& [path, text] : wanted_)
      if (world_.live.count(path) == 0 || world_.live.at(path) != text)
        if (auto put = changes.put(change(path, text, world_.live.count(path) ? Change::Op::replace : Change::Op::add));
            !put)
          return put;
    for (const auto& [path, text] : world_.inventory)
      if (wanted_.count(path) == 0)
        if (auto put = changes.put(change(path, text, Change::Op::remove)); !put) return put;
    return decisions.put(mass_delete_ ? Decision::hold("mass-delete", "too many") : Decision::allow());
  }
  Result<void> content(Call&, std::string_view, const View& view, std::string_view path, const Bytes& out) override {
    return view.read(path, [&](std::string_view bytes) { return out.put(bytes); });
  }
  Result<void> adopt(Call&, std::string_view) override {
    auto step = world_.step("adopt");
    if (step) world_.inventory = wanted_;
    return step;
  }
  Result<void> stage(Call&, std::string_view run, const View& view) override {
    for (auto& [path, text] : wanted_) {  // what is put is what the tree of this call has
      std::string bytes;
      auto read = view.read(path, [&](std::string_view more) -> Result<void> {
        bytes += more;
        return {};
      });
      if (!read) return read;
      text = std::move(bytes);
    }
    world_.staged.insert(std::string(run));
    return world_.step("stage");
  }
  Result<void> apply(Call&, std::string_view run, const Out<Note>&) override {
    auto step = world_.step("apply");
    if (!step && step.error() == errc::conflict) return step;
    journal_begin(std::string(run));
    if (!step) {
      world_.journal_undo = true;
      return step;
    }
    commit();
    world_.journal.reset();
    return {};
  }
  Result<void> revert(Call&, std::string_view run, const Out<Change>& changes, const Out<Note>&) override {
    if (auto step = world_.step("revert"); !step) return step;
    if (world_.journal && world_.journal->run == run) {
      put_back(*world_.journal);
      world_.journal.reset();
      return changes.put(change("p/a", "", Change::Op::replace));
    }
    if (world_.undo.empty() || world_.undo.back().run != run) return {};
    put_back(world_.undo.back());
    world_.undo.pop_back();
    return changes.put(change("p/a", "", Change::Op::replace));
  }
  Result<void> forget(Call&, std::string_view run) override {
    auto step = world_.step("forget");
    if (!step) return step;
    if (world_.staged.erase(std::string(run)) == 0) world_.undo.clear();
    return {};
  }
  Result<void> inspect(Call&, std::string_view run, const Out<Change>& changes, const Out<Note>& notes) override {
    if (world_.inspect_fails) return *world_.inspect_fails;
    for (const World::Undo& undo : world_.undo) {
      if (undo.run != run) continue;
      for (const auto& [path, text] : undo.made)
        if (auto put = changes.put(change(path, text, Change::Op::replace)); !put) return put;
      for (const auto& [path, text] : undo.made)
        if (world_.live[path] != text)
          if (auto put = notes.put({"overwritten", path, "by ann"}); !put) return put;
    }
    return {};
  }
  // The state of a process that was killed after the journal's first record.
  static void leave_open(World& world, const std::string& run, Content next, std::map<std::string, std::string> base,
                         bool undo) {
    world.journal = World::Undo{world.live, world.inventory, world.base, run};
    world.journal_live = world.journal_inventory = std::move(next);
    world.journal_base = std::move(base);
    world.journal_undo = undo;
    world.live["p/a"] = "half";
  }

 private:
  static Change change(std::string path, std::string text, Change::Op op) {
    Change made;
    made.path = std::move(path);
    made.blob = std::move(text);
    made.op = op;
    return made;
  }
  void journal_begin(std::string run) {
    world_.journal = World::Undo{world_.live, world_.inventory, world_.base, std::move(run)};
    world_.journal_undo = false;
    world_.journal_live = world_.live;
    for (const auto& [path, text] : world_.inventory) world_.journal_live.erase(path);
    for (const auto& [path, text] : wanted_) world_.journal_live[path] = text;
    world_.journal_inventory = wanted_;
    world_.journal_base = next_base_;
  }
  void commit() {
    for (const auto& [path, text] : world_.journal_live) {
      const auto old = world_.live.find(path);
      if (old == world_.live.end() || old->second != text) world_.journal->made[path] = text;
    }
    world_.undo.push_back(*world_.journal);
    world_.live = world_.journal_live;
    world_.inventory = world_.journal_inventory;
    world_.base = world_.journal_base;
    world_.staged.erase(world_.journal->run);
  }
  void put_back(const World::Undo& to) {
    world_.live = to.live;
    world_.inventory = to.inventory;
    world_.base = to.base;
  }
  World& world_;
  Host& host_;
  Content wanted_;
  std::string run_;
  std::map<std::string, std::string> next_base_;

 public:
  static inline bool mass_delete_ = false;
};

class FakeVerifier : public Verifier {
 public:
  FakeVerifier(const stoker::Config&, Host& host) : world_(*World::current), host_(host) {}
  Result<void> observe(Call&, std::string_view, const Text& facts) {
    if (auto step = world_.step("observe"); !step) return step;
    const std::string hold =
        world_.redundancy_pending
            ? R"(,"hold":{"name":"redundancy","reason":"a sync is pending","againAt":5,"until":6,"endedBy":"the pair"})"
            : "";
    const std::string open = world_.designers ? ",\"designers\":" + std::to_string(*world_.designers) : "";
    return facts.put("{\"state\":\"" + world_.state + "\",\"role\":\"" + world_.role + "\",\"started\":\"" +
                     world_.started + "\"" + open + hold + "}");
  }
  Result<void> admit(Call&, std::string_view, const stoker::Plan&, const Out<Decision>& out) {
    if (auto step = world_.step("admit"); !step) {
      if (step.error().code == "refuse") return out.put(Decision::refuse("policy", step.error().message));
      return step;
    }
    return out.put(world_.designer ? Decision::hold("designer", "somebody edits") : Decision::allow());
  }
  Result<void> lock(Call&, std::string_view assignment, const stoker::Plan&, const Out<Decision>& out,
                    const Text& ticket) {
    if (auto step = world_.step("lock"); !step) return step;
    const std::string looks = host_.value(assignment, "/looks").value_or("true");
    if (world_.state == "down" || world_.state == "faulted") return out.put(Decision::allow());
    if (world_.designer && looks == "true") return out.put(Decision::hold("designer", "somebody edits"));
    if (!world_.lock_owner.empty() && world_.lock_owner != "us")
      return out.put(Decision::hold("scan-locked", world_.lock_owner));
    world_.lock_owner = "us";
    std::string bad;
    for (const std::string& one : world_.bad()) bad += one + ";";
    bad = host_.value(assignment, "/baseline/bad").value_or(bad);
    if (auto put = ticket.put("bad=" + bad); !put) return put;
    return out.put(Decision::allow());
  }
  Result<void> verify(Call& call, std::string_view assignment, const stoker::Plan& plan, std::string_view ticket,
                      const Out<Decision>& out, const Out<Note>& notes, const Text& detail) {
    if (auto step = world_.step("verify"); !step) return step;
    if (auto check = call.check(); !check) return check;
    world_.judged.clear();
    auto shown = plan.changes([&](const Change& change) {
      world_.judged.push_back(change.path);
      return Result<void>();
    });
    if (!shown) return shown;
    if (!world_.cannot_judge.empty()) {
      if (auto put = notes.put({"remark", "", world_.cannot_judge}); !put) return put;
      return out.put(Decision::hold("token", world_.cannot_judge, 4711));
    }
    world_.tickets_seen.emplace_back(ticket);
    world_.assignments_seen.emplace_back(assignment);
    if (world_.state != "running" && world_.state != "faulted")
      return Error(errc::unreachable, "the gateway is " + world_.state);
    if (!world_.lock_owner.empty() && world_.lock_owner != "us") return Error(errc::conflict, "locked by another");
    world_.lock_owner.clear();
    world_.loaded = world_.live;
    if (!world_.overwritten.empty()) world_.live["p/a"] = world_.overwritten;
    std::string baseline(ticket);
    if (ticket.empty()) baseline = host_.value(assignment, "/baseline/bad").value_or("");
    std::string all;
    bool healthy = true;
    for (const std::string& one : world_.bad()) {
      all += one + ";";
      if (baseline.find(one) != std::string::npos) continue;
      healthy = false;
      if (auto put = out.put(Decision::unhealthy(one, "it is bad")); !put) return put;
    }
    if (auto put = detail.put("{\"bad\":\"" + all + "\"}"); !put) return put;
    return healthy ? out.put(Decision::healthy()) : Result<void>();
  }
  Result<void> unlock(Call&, std::string_view, std::string_view) {
    if (auto step = world_.step("unlock"); !step) return step;
    if (world_.lock_owner == "us") {
      world_.lock_owner.clear();
      world_.loaded = world_.live;
    }
    return {};
  }

 private:
  World& world_;
  Host& host_;
};

}  // namespace stoker::host::testing
