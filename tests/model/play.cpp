// Plays a story: every Run through the built plugin on a folder of its own, each answer and each tree compared with
// what the oracle says. Beside the data folder lies another that nothing may touch; links that are planted lead there.
#include "model/case.hpp"
#include "model/oracle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/json.hpp>

#include <fstream>
#include <stdexcept>

namespace stoker::model {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using merge::testing::Answer;
using merge::testing::Instance;
using merge::testing::Repository;
using merge::testing::RevisionView;

struct Divergence : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr std::size_t touched_path_max = 900;            // a touch uses whole paths
constexpr std::size_t text_max = 8192, path_max = 4096;  // what the host takes from a plugin

// The contract of the ABI: text is UTF-8 without NUL.
bool is_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                             : lead >= 0xe0                ? 3
                             : lead >= 0xc2                ? 2
                                                           : 0;
    if (lead == 0 || lead >= 0xf5 || size == 0 || i + size > text.size()) return false;
    for (std::size_t k = 1; k < size; ++k)
      if ((text[i + k] & 0xC0) != 0x80) return false;
    i += size;
  }
  return true;
}

template <class Items>
std::string list(const Items& items) {
  std::string all;
  for (const auto& item : items) all += " " + shown(item);
  return all.empty() ? " nothing" : all;
}
std::string list(const Noted& notes) {
  std::vector<std::string> all;
  for (const auto& [code, path] : notes) all.push_back(code + ":" + path);
  return list(all);
}

// A link that was put where something lay, which lies outside now.
struct Planted {
  std::string path;
  std::optional<fs::path> stash;
  Tree was;
};

class Play {
 public:
  Play(const Case& story, Counts& counts) : story_(story), counts_(counts) {
    const fs::path place = access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
    std::string name = (place / "stoker-model-XXXXXX").string();
    room_ = mkdtemp(name.data());
    data_ = room_ / "data";
    outside_ = room_ / "outside";
    fs::create_directories(data_);
    chmod(data_.c_str(), root_mode);
    if (owners_are_seen()) give(data_, root_owner);
    fs::create_directories(outside_ / "canary");
    for (const char* file : {"a", "b", "view.json", "resource.json"})
      std::ofstream(outside_ / "canary" / file) << "live";
    canary_ = read_tree(outside_);
    write_tree(data_, story.live);
    repository_.blob = story.git_ids ? stoker::testing::git_blob : stoker::testing::other_blob;
    for (std::size_t i = 0; i < story.revisions.size(); ++i)
      repository_.revisions[revision_name(i)] = story.revisions[i];
    start();
  }
  ~Play() {
    strategy_.reset();
    std::error_code left;
    fs::remove_all(room_, left);
  }
  Play(const Play&) = delete;

  void play() {
    counts_.add("trees");
    for (std::size_t i = 0; i < story_.steps.size(); ++i) {
      at_ = "step " + std::to_string(i) + ": ";
      step(story_.steps[i]);
    }
  }

 private:
  static std::string revision_name(std::size_t i) { return "r" + std::to_string(i); }
  void start() { strategy_ = std::make_unique<Instance>(data_, story_.profiles[0].preset); }
  Tree live() const { return read_tree(data_, ".stoker"); }

  // ---- one step

  enum class End { left, conflict, adopted, applied };

  void step(const Step& step) {
    touch(step.between);
    const std::size_t planted = planted_.size();  // these stay
    if (step.restart) restart();
    if (step.forget && !applied_.empty()) forget(applied_.back());
    const std::string run = "run-" + std::to_string(++runs_);
    counts_.add("runs");
    End end = attempt(step, run, step.after_plan, step.after_stage);
    if (!step.links_stay) unplant(planted);
    if (end == End::conflict) end = attempt(step, run, {}, {});
    check(end != End::conflict, "a second conflict, though nobody changed anything");
    if (end == End::left) {
      ok(strategy_->forget(run), "forget");
      return;
    }
    if (end == End::applied) applied_.push_back(run);
    again(step);
    touch(step.after_apply);
    if (step.revert && !applied_.empty()) revert();
    if (step.revert && step.scan_all && !applied_.empty()) revert();
  }

  void restart(const std::string& keep = "") {
    counts_.add("restarts");
    strategy_.reset();
    start();
    const Answer answer = strategy_->recover(keep);
    ok(answer, "recover");
    const json::value state = json::parse(answer.state);
    check(state.at("did").as_string() == "nothing", "recover did " + answer.state);
    const bool none = state.at("base").is_null();
    check(none == !oracle_.base() || none, "recover: there is a base: " + answer.state);
    check(none == !oracle_.base(), "recover: the base is gone");
    if (!none)
      check(state.at("base").at("revision").as_string() == oracle_.base()->revision, "recover: base " + answer.state);
    check(answer.changes.empty() && answer.notes.empty(), "recover says changes or notes");
  }

  // Everything up to a given run is verified.
  void forget(const std::string& run) {
    ok(strategy_->forget(run), "forget");
    oracle_.forget(run);
    applied_.clear();
  }

  Wish wish(const Step& step, const std::string& run) {
    const Profile& profile = story_.profiles[step.profile];
    Wish wish;
    wish.run = run;
    wish.revision = revision_name(step.revision);
    wish.source = &story_.revisions[step.revision];
    wish.rules = rules_of(profile, wish.revision);
    wish.sync = profile.sync;
    wish.scan_all = step.scan_all;
    wish.repair = step.repair;
    wish.prune_files = profile.prune_files;
    wish.prune_percent = profile.prune_percent;
    for (const auto& mapping : profile.mappings)
      wish.inputs +=
          mapping.source + "|" + mapping.destination + "|" + mapping.type + (mapping.required ? "!" : "") + "\n";
    for (const auto& exclude : profile.excludes) wish.inputs += exclude + "\n";
    wish.inputs += profile.role + std::to_string(profile.prune_files) + "," + std::to_string(profile.prune_percent);
    wish.vars_digest = profile.vars.at("line");
    repository_.forgotten.clear();
    if (!oracle_.base()) return wish;
    const std::string& base = oracle_.base()->revision;
    if (!step.since_known) repository_.forgotten.push_back(base);
    if (step.since_known || base == wish.revision) wish.base = &repository_.revisions.at(base);
    return wish;
  }

  std::string assignment(const Step& step, const Wish& wish) const {
    const Profile& profile = story_.profiles[step.profile];
    json::array mappings, excludes;
    for (const auto& m : profile.mappings) {
      json::object one{{"source", m.source}, {"destination", m.destination}, {"required", m.required}};
      if (!m.type.empty()) one["type"] = m.type;
      mappings.push_back(std::move(one));
    }
    for (const auto& exclude : profile.excludes) excludes.emplace_back(exclude);
    json::object vars;
    for (const auto& [key, value] : profile.vars) vars[key] = value;
    const json::object prune{{"maxFiles", wish.prune_files}, {"maxPercent", wish.prune_percent}};
    return json::serialize(json::object{
        {"format", 1},
        {"sync", profile.sync},
        {"namespace", "default"},
        {"ref", "refs/heads/main"},
        {"revision", wish.revision},
        {"target", {{"name", "press-1"}, {"pod", "press-1"}, {"labels", json::object()}, {"ordinal", 0}}},
        {"inputs", wish.inputs},
        {"vars", wish.vars_digest},
        {"look", wish.scan_all ? "all" : "changes"},
        {"repair", wish.repair},
        {"profile",
         {{"name", "line"}, {"mappings", mappings}, {"excludes", excludes}, {"vars", vars}, {"prune", prune}}},
        {"facts", {{"state", "running"}, {"role", profile.role}}}});
  }

  // ---- one Run

  End attempt(const Step& step, const std::string& run, const Touches& after_plan, const Touches& after_stage) {
    Wish wanted = wish(step, run);
    const RevisionView view(repository_, wanted.revision);
    if (!plan(step, wanted, view)) return End::left;
    const bool held = !said_.held_as.empty();
    if (held && (!step.confirm || said_.held_as != "mass-delete")) return End::left;  // a higher limit frees no other
    if (held) {
      counts_.add("holds confirmed");
      wanted.prune_files = 1000;
      wanted.prune_percent = 100;
      plan(step, wanted, view);
      check(said_.held_as.empty(), "held again after the limit was raised");
    }
    const bool adoption = oracle_.adopts(wanted);
    if (said_.ops.empty()) {
      const Tree before = live();
      ok(strategy_->adopt(run), "adopt");
      oracle_.adopt();
      same(adoption ? without_staging(before) : before, live(), "adopt");
      counts_.add("empty plans");
      return End::adopted;
    }
    touch(after_plan);
    if (!stage(run, view)) return End::left;
    if (step.resume && after_plan.empty()) resume(step, wanted, view);
    touch(after_stage);
    return apply(run, adoption);
  }

  bool plan(const Step& step, const Wish& wanted, const RevisionView& view) {
    const Tree before = live();
    said_ = oracle_.plan(before, wanted);
    const Answer answer = strategy_->plan(wanted.run, assignment(step, wanted), view);
    same(before, live(), "plan");
    compare(answer, wanted);
    if (!answer.ok()) counts_.add("refused " + answer.error.code);
    if (answer.ok() && !said_.held_as.empty()) counts_.add("held " + said_.held_as);
    for (const Change& change : answer.changes) {
      const bool puts = change.op == Change::Op::add || change.op == Change::Op::replace;
      const auto content = strategy_->content(wanted.run, view, change.path);
      check(content.has_value() == puts && (!puts || *content == wanted.source->at(change.origin).bytes),
            "content of " + shown(change.path));
    }
    for (const Note& note : answer.notes) counts_.add("note " + note.code);
    return answer.ok();
  }

  void compare(const Answer& answer, const Wish& wanted) {
    well_formed(answer);
    if (!said_.fails.empty()) {
      check(!answer.ok(), "plan: expected a failure with" + list(said_.fails) + ", it has" + list(answer.ops()));
      check(said_.fails.count(answer.error.code) == 1,
            "plan: expected" + list(said_.fails) + ", found " + answer.error.code + ": " + answer.error.message);
      return;
    }
    ok(answer, "plan");
    const std::vector<std::string> ops = answer.ops();
    check(std::set<std::string>(ops.begin(), ops.end()) == said_.ops && ops.size() == said_.ops.size(),
          "plan: expected changes" + list(said_.ops) + ", found" + list(ops));
    auto sorted = ops;
    std::sort(sorted.begin(), sorted.end(), [](const std::string& a, const std::string& b) {
      const auto rank = [](const std::string& op) {
        return std::pair(op[0] == '-' ? 0 : op[0] == 'x' ? 2 : 1, op.substr(1));
      };
      return rank(a) < rank(b);
    });
    check(ops == sorted, "plan: changes are out of order:" + list(ops));
    Noted more;
    for (const Note& note : answer.notes) more.emplace(note.code, note.path);
    const Noted found = more;
    for (const auto& note : said_.notes) {
      const auto one = more.find(note);
      check(one != more.end(), "plan: expected notes" + list(said_.notes) + ", found" + list(found));
      more.erase(one);
    }
    for (const auto& note : more)
      check(said_.may_note.count(note) > 0, "plan: expected notes" + list(said_.notes) + ", found" + list(found));
    check(answer.decisions.size() == 1, "plan: not one decision");
    const bool held = answer.decisions[0].verdict == Decision::Verdict::hold;
    check(held == !said_.held_as.empty() && (!held || answer.decisions[0].name == said_.held_as),
          "plan: expected " + (said_.held_as.empty() ? "no hold" : said_.held_as) + "; " + answer.decisions[0].reason);
    for (const Change& change : answer.changes) compare(change, wanted);
  }

  // What is said of a change is what the source has.
  void compare(const Change& change, const Wish& wanted) {
    if (change.op == Change::Op::remove) return;
    const auto& file = wanted.source->at(change.origin);
    const bool named = change.blob == repository_.file(change.origin, file).blob;
    check(named && change.mode == (file.mode & 0100 ? 0755u : 0644u), "plan: what is said of " + shown(change.path));
    const auto lands = wanted.rules.mappings.at(change.mapping).lands(change.origin);
    check(lands == change.path, "plan: mapping and origin of " + shown(change.path));
  }

  bool stage(const std::string& run, const RevisionView& view) {
    const Tree before = live();
    const bool free = oracle_.stage(before);
    const Answer answer = strategy_->stage(run, view);
    same(before, live(), "stage");
    well_formed(answer);
    if (!free && answer.error.code == "merge.link") {
      counts_.add("links met by stage");
      return false;
    }
    ok(answer, "stage");
    return true;
  }

  // A new process takes the held Run up again: what was staged still does.
  void resume(const Step& step, const Wish& wanted, const RevisionView& view) {
    restart(wanted.run);
    check(plan(step, wanted, view), "the same plan is refused in a new process");
    counts_.add("resumed");
  }

  End apply(const std::string& run, bool adoption) {
    const Tree before = live();
    const Outcome expected = oracle_.apply(before);
    const Answer answer = strategy_->apply(run);
    well_formed(answer);
    if (!expected.fails.empty()) {
      check(expected.fails.count(answer.error.code) == 1,
            "apply: expected" + list(expected.fails) + ", found " + answer.error.code + " " + answer.error.message);
      same(before, live(), "a refused apply");
      counts_.add("stopped in apply by " + answer.error.code);
      return answer.error.code == "merge.conflict" ? End::conflict : End::left;
    }
    ok(answer, "apply");
    same(adoption ? without_staging(expected.tree) : expected.tree, live(), "apply");
    check(answer.notes.empty(), "apply: a note, though all was as seen");
    straight_ = true;
    before_apply_ = adoption ? without_staging(before) : before;
    counts_.add("applied");
    for (const std::string& op : said_.ops) {
      counts_.add(std::string("change ") + op[0]);
      const auto now = expected.tree.find(op.substr(1)), was = before.find(op.substr(1));
      if (now == expected.tree.end() || now->second.owner == Owner()) continue;
      counts_.add(was == before.end() ? "owner of the folder taken" : "owner kept");
    }
    return End::applied;
  }

  // The same Run once more, with a close look: nothing is left to do, and nothing is written.
  void again(const Step& step) {
    Step closer = step;
    closer.scan_all = true;
    const Wish wanted = wish(closer, "again-" + std::to_string(runs_));
    const std::string before_it = memory();
    plan(closer, wanted, RevisionView(repository_, wanted.revision));
    const bool mends = step.repair && !said_.ops.empty();
    if (!said_.fails.empty() || mends) return;  // drift that this Run was not told to look for
    check(said_.ops.empty(), "the oracle itself finds work in a second Run:" + list(said_.ops));
    const Tree before = live();
    ok(strategy_->adopt(wanted.run), "adopt");
    oracle_.adopt();
    same(before, live(), "a second Run");
    check(memory() == before_it, "a second Run wrote to the memory");
    counts_.add("second runs empty");
  }

  // What the plugin remembers, as bytes.
  std::string memory() const {
    std::string all;
    for (const char* file : {"state.db", "state.db-wal"}) {
      std::ifstream in(data_ / ".stoker/merge" / file, std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  void revert() {
    const std::string run = applied_.back();
    applied_.pop_back();
    const Tree before = live();
    Oracle other = oracle_;
    Outcome expected = oracle_.revert(before, run);
    Answer answer = strategy_->revert(run);
    well_formed(answer);
    if (!expected.fails.empty()) {
      check(expected.fails.count(answer.error.code) == 1,
            "revert: expected" + list(expected.fails) + ", found " + answer.error.code + " " + answer.error.message);
      counts_.add("links met by revert");
      Tree restored = before;
      unplant(0, &restored);
      oracle_ = other;
      expected = oracle_.revert(restored, run);
      check(expected.fails.empty(), "the oracle meets a link that is gone");
      answer = strategy_->revert(run);
    }
    ok(answer, "revert");
    same(expected.tree, live(), "revert");
    Noted notes;
    for (const Note& note : answer.notes) notes.emplace(note.code, note.path);
    check(notes == expected.notes, "revert: expected notes" + list(expected.notes) + ", found" + list(notes));
    if (std::exchange(straight_, false)) same(before_apply_, expected.tree, "the way back");
    counts_.add("reverted");
    ok(strategy_->revert(run), "a second revert");
    same(expected.tree, live(), "a second revert");
  }

  // ---- what somebody else does

  void touch(const Touches& touches) {
    for (const Touch& one : touches) {
      const Tree tree = live();
      if (one.path.empty() || one.path.size() > touched_path_max || inside(one.path, ".stoker")) continue;
      if (!touch(one, find(tree, one.path))) continue;
      counts_.add("touches");
      straight_ = false;
    }
    canary_ = read_tree(outside_);
  }

  bool touch(const Touch& one, const Found& found) {
    if (found.what == Found::behind_link || found.what == Found::blocked) return false;
    const fs::path place = data_ / one.path;
    const bool absent = found.what == Found::absent;
    std::error_code no;
    switch (one.what) {
      case Touch::write:
        if (!absent && !found.is(Kind::file)) return false;
        fs::create_directories(place.parent_path(), no);
        fs::remove(place);
        if (!write(place, one.text, one.mode)) return false;
        give(place, one.owner);
        return true;
      case Touch::rewrite: return found.is(Kind::file) && write(place, one.text, found.node->mode);
      case Touch::remove: return !absent && ::remove(place.c_str()) == 0;
      case Touch::remove_all: return !absent && fs::remove_all(place) > 0;
      case Touch::chmod:
        if (!found.is(Kind::file) || !write(place, found.node->bytes, one.mode)) return false;
        give(place, one.owner);
        return true;
      case Touch::stamp: return found.is(Kind::file) && stamp(place, *found.node);
      case Touch::folder: return absent && fs::create_directories(place, no);
      case Touch::link: return plant(one.path, found);
    }
    return false;
  }

  // In place, at a time of its own: clocks of file systems are coarse.
  bool write(const fs::path& place, const std::string& bytes, unsigned mode) {
    std::ofstream(place, std::ios::binary | std::ios::trunc) << bytes;
    const timespec when{1'700'000'000 + ++writes_, 0};
    const timespec times[2] = {when, when};
    return chmod(place.c_str(), mode) == 0 && utimensat(AT_FDCWD, place.c_str(), times, 0) == 0;
  }

  bool stamp(const fs::path& place, const Node& node) {
    json::error_code failed;
    json::value value = json::parse(node.bytes, failed);
    if (failed || !value.is_object() || !value.get_object().contains("attributes")) return false;
    json::object& attributes = value.at("attributes").as_object();
    attributes["lastModification"] = json::object{{"actor", "external"}, {"timestamp", std::to_string(writes_)}};
    attributes["lastModificationSignature"] = "stamped" + std::to_string(writes_);
    return write(place, json::serialize(value), node.mode);
  }

  // What lies there goes out and a link to it takes its place: only that it is a link can stop who comes by.
  bool plant(const std::string& path, const Found& found) {
    Planted planted{path, std::nullopt, {}};
    std::error_code no;
    const std::string stash = found.what == Found::there ? "stash-" + std::to_string(++stashes_) : "canary";
    if (found.what == Found::there) {
      for (const auto& [under, node] : live())
        if (inside(under, path)) planted.was.emplace(under, node);
      planted.stash = outside_ / stash;
      fs::rename(data_ / path, *planted.stash);
    } else {
      fs::create_directories((data_ / path).parent_path(), no);
    }
    std::string aim;
    for (std::size_t depth = components(path).size(); depth > 0; --depth) aim += "../";
    if (symlink((aim + "outside/" + stash).c_str(), (data_ / path).c_str()) != 0) return false;
    planted_.push_back(planted);
    counts_.add("links planted");
    return true;
  }

  // Takes links away again, the newest first, and puts back what lay there.
  void unplant(std::size_t from, Tree* tree = nullptr) {
    for (; planted_.size() > from; planted_.pop_back()) {
      const Planted& one = planted_.back();
      straight_ = false;
      if (!fs::is_symlink(data_ / one.path)) continue;
      fs::remove(data_ / one.path);
      if (tree) tree->erase(one.path);
      if (!one.stash) continue;
      fs::rename(*one.stash, data_ / one.path);
      if (tree) tree->insert(one.was.begin(), one.was.end());
    }
    canary_ = read_tree(outside_);
  }

  // ---- comparing

  void check(bool holds, const std::string& what) const {
    if (!holds) throw Divergence(at_ + what);
  }
  void ok(const Answer& answer, const std::string& what) const {
    well_formed(answer);
    check(answer.ok(), what + " failed: " + answer.error.code + " " + answer.error.message);
  }
  void same(const Tree& expected, const Tree& found, const std::string& after) const {
    check(expected == found, "the tree after " + after + ":\n" + difference(expected, found));
    const Tree outside = read_tree(outside_);
    check(outside == canary_, "touched outside of the data folder by " + after + ":\n" + difference(canary_, outside));
  }
  void well_formed(const Answer& answer) const {
    for (const Note& note : answer.notes) {
      check(is_utf8(note.path) && is_utf8(note.text), "a note is not UTF-8: " + shown(note.path));
      check(note.path.size() <= text_max && note.text.size() <= text_max, "a note is too long");
    }
    for (const Change& change : answer.changes)
      check(is_utf8(change.path) && change.path.size() <= path_max, "the path of a change: " + shown(change.path));
    for (const Decision& decision : answer.decisions)
      check(is_utf8(decision.reason) && decision.reason.size() <= text_max, "the reason of a decision");
    check(is_utf8(answer.error.message), "a message is not UTF-8: " + shown(answer.error.message));
  }
  static Tree without_staging(Tree tree) {
    if (const auto found = tree.find(".sync-staging"); found == tree.end() || found->second.kind != Kind::folder)
      return tree;
    std::erase_if(tree, [](const auto& one) { return inside(one.first, ".sync-staging"); });
    return tree;
  }

  const Case& story_;
  Counts& counts_;
  fs::path room_, data_, outside_;
  Tree canary_, before_apply_;
  Repository repository_;
  std::unique_ptr<Instance> strategy_;
  Oracle oracle_;
  Said said_;
  std::vector<Planted> planted_;
  std::vector<std::string> applied_;  // Runs that can be reverted, the oldest first
  bool straight_ = false;             // nothing happened since the last apply
  int runs_ = 0, writes_ = 0, stashes_ = 0;
  std::string at_;
};

}  // namespace

std::optional<std::string> played(const Case& story, Counts& counts) {
  try {
    Play(story, counts).play();
    return std::nullopt;
  } catch (const Divergence& found) {
    return found.what();
  }
}

}  // namespace stoker::model
