// The rules, each where it can be seen to be broken.
#include "rules.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>

namespace stoker::schedule {
namespace {

const std::string own_folder(host::state_folder);

bool is_live(const std::string& path) { return !path.empty() && !path.starts_with(own_folder + "/"); }

// One column of one query on the strategy's records.
std::vector<std::string> column(const std::filesystem::path& file, const char* sql) {
  std::vector<std::string> found;
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(raw, &sqlite3_close);
  if (opened != SQLITE_OK) return found;
  sqlite3_exec(raw, "PRAGMA locking_mode=EXCLUSIVE", nullptr, nullptr, nullptr);
  const auto each = [](void* to, int, char** values, char**) {
    static_cast<std::vector<std::string>*>(to)->emplace_back(values[0] ? values[0] : "");
    return 0;
  };
  if (sqlite3_exec(raw, sql, each, &found, nullptr) != SQLITE_OK) found.emplace_back(sqlite3_errmsg(raw));
  return found;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : ", ") + one;
  return text;
}

}  // namespace

void Rules::breaks(const std::string& rule, const std::string& text) {
  if (!broken_.empty()) return;
  broken_ = rule;
  text_ = text;
  world_.say("  BROKEN: " + rule + ": " + text);
  world_.dead = true;
}

// ---------------------------------------------------------------- the process and its Runs

void Rules::process_begins() {
  last_verdict_ = "none";
  apply_failed_ = recover_failed_ = false;
  in_apply_ = must_say_ = false;
  assignment_ = host::Assignment();
  if (!durable_.running) world_.told_role = "independent";  // nobody remembers, and nothing is ours
  if (!is_whole()) world_.excuse = "the tree was left so";
}

void Rules::process_died() {
  displaced_.clear();  // what is kept of it lies in the slots; its note went with the process
  if (is_whole()) world_.excuse.clear();
}

void Rules::run_begins(const host::Assignment& assignment) {
  assignment_ = assignment;
  last_verdict_ = "none";
  apply_failed_ = in_apply_ = must_say_ = false;
  if (is_whole()) world_.excuse.clear();
}

void Rules::woken() { tree_is_whole("after waking"); }

void Rules::started_without_secret() {
  if (!is_whole() && !recover_failed_ && !world_.dead)
    return breaks("finished", "a start without the secret left files of two revisions");
  tree_is_whole("after a start without the secret");
}

void Rules::run_ended(const host::Report& report, const Wish& wish, std::uint64_t writes, bool nothing_to_do) {
  tree_is_whole("after a Run");
  const bool runs_out = world_.unlock_failed || std::any_of(report.notes.begin(), report.notes.end(),
                                                            [](const Note& note) { return note.code == "lock"; });
  if (world_.lock == "us" && world_.locked && !runs_out) breaks("lock", "our lock is left after the Run");
  if (report.verified) ready(report, wish);
  const auto says = [&](const char* code) {
    return std::any_of(report.notes.begin(), report.notes.end(), [&](const Note& note) { return note.code == code; });
  };
  if (must_say_ && last_verdict_ == "healthy" && !says("lock-lost"))
    breaks("said", "a scan of somebody else met our renames, and the Report does not say so");
  if (put_back_ > 1 && report.outcome == host::Outcome::applied && says("overwritten") && durable_.overwritten &&
      durable_.overwritten->key == wish.assignment().held_key() && !report.verified &&
      (!report.hold || report.hold->name != "drift"))
    breaks("ours", "it was replaced twice, and the Run does not hold");
  const std::uint64_t wrote = world_.writes - writes;
  if (wish.dry && wrote > 0) breaks("dry", "a dry run wrote " + std::to_string(wrote) + " times");
  const bool left = report.outcome == host::Outcome::unchanged || report.outcome == host::Outcome::held;
  if (nothing_to_do && !wish.dry && (wrote > 0 || !left))
    breaks("still", "there was nothing to do, and it ended " + std::string(name(report.outcome)) + " after " +
                        std::to_string(wrote) + " writes");
  const auto& waiting = durable_.waiting;
  if (waiting && !durable_.waiting_has_begun() &&
      !std::filesystem::exists(world_.data() / own_folder / "merge/runs" / waiting->run))
    breaks("leftovers", "the memory waits with files that are not staged");
}

// Between Runs what is ours and live is one complete revision.
void Rules::tree_is_whole(const std::string& where) {
  if (!is_whole() || world_.dead) return;
  const World::Live live = world_.live();
  for (const auto& [path, file] : live) {
    if (world_.foreign(file)) continue;
    const auto wanted = expected_.find(path);
    if (wanted == expected_.end()) return breaks("whole", where + " " + path + " is live and no Run put it there");
    if (meaning(path, wanted->second) != meaning(path, file.content))
      return breaks("whole",
                    where + " " + path + " is " + file.content + ", the Run that stands put " + wanted->second);
  }
  for (const auto& [path, content] : expected_)
    if (!live.contains(path))
      return breaks("whole", where + " " + path + " is missing, the Run that stands put " + content);
}

void Rules::ready(const host::Report& report, const Wish& wish) {
  const auto& running = durable_.running;
  if (!running || !running->verified() || running->revision != wish.revision)
    return breaks("ready", "the Report says verified, the memory does not");
  if (world_.state != "running" || !world_.loaded) return;
  const bool backup = report.facts.role == host::Role::backup;
  const Content wanted = rendered(wish.revision, wish.other_mapping);
  const World::Live live = world_.live();
  for (const auto& [path, content] : wanted) {
    if (backup && replicated(path)) continue;
    const auto found = live.find(path);
    if (found == live.end()) return breaks("ready", path + " is missing");
    if (world_.foreign(found->second)) continue;
    if (meaning(path, found->second.content) != meaning(path, content))
      return breaks("ready", path + " on disk is " + found->second.content + ", not " + content);
    const auto in_gateway = world_.loaded->find(path);
    if (in_gateway == world_.loaded->end() || meaning(path, in_gateway->second) != meaning(path, content))
      return breaks("ready", path + " in the gateway is not " + content);
  }
  for (const auto& [path, file] : live)
    if (!world_.foreign(file) && !wanted.contains(path) && !(backup && replicated(path)))
      return breaks("ready", path + " is of an earlier revision and still there");
  for (const auto& [path, content] : *world_.loaded)
    if (!live.contains(path) && !wanted.contains(path) && !replicated(path))
      return breaks("ready", "the gateway still has " + path);
}

void Rules::at_rest() {
  const host::Memory& m = durable_;
  if (!is_whole() && !m.quarantine) return breaks("whole", "a journal stays open");
  if (world_.state != "running" || !is_whole() || m.quarantine) return;
  const bool way_back = (m.good || m.adopted) && world_.assigned.rollback;
  const bool stays = !m.unverified.empty() && !way_back;
  const World::Live live = world_.live();
  for (const auto& [path, file] : live)
    if (!stays && !world_.foreign(file) &&
        (!world_.loaded->contains(path) || meaning(path, world_.loaded->at(path)) != meaning(path, file.content)))
      return breaks("no-mix", "at rest the disk has " + file.content + " for " + path + " and the gateway has not");
  if (m.unverified.empty() || !m.running) return;
  if (m.overwritten && (m.overwritten->again || m.overwritten->key != world_.assigned.assignment().held_key())) return;
  const auto held = held_.find(m.running->key);
  if (held == held_.end())
    return breaks("converges", "at rest " + m.running->revision + " runs and nobody ever judges it");
  if (way_back)
    breaks("way-back", held->second + " is held, runs at rest, and there is a verified state to go back to");
}

// When all is done and no process has the records open.
void Rules::at_end() {
  const auto records = world_.data() / own_folder / "merge/state.db";
  for (const char* table : {"change_set", "set_base", "step", "folder", "owned_after", "owned_before", "staged"}) {
    const auto rows = column(records, (std::string("SELECT run FROM ") + table).c_str());
    if (!rows.empty()) return breaks("leftovers", std::string(table) + " has rows of " + joined(rows));
  }
  std::error_code none;
  for (const auto& left : std::filesystem::directory_iterator(world_.data() / own_folder / "merge/runs", none))
    return breaks("leftovers", left.path().filename().string() + " is left of a Run");
  const auto owned = column(records, "SELECT path FROM owned");
  std::set<std::string> known;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(world_.data())) {
    const std::string path = entry.path().lexically_relative(world_.data()).string();
    if (is_live(path) && entry.is_regular_file()) known.insert(path);
  }
  for (const auto& [path, file] : world_.live()) {
    known.erase(path);
    const bool is_owned = std::find(owned.begin(), owned.end(), path) != owned.end();
    if (!world_.foreign(file) && !is_owned) return breaks("whole", path + " is ours and not in the inventory");
  }
  known.erase(own_folder);
  if (!known.empty()) breaks("whole", *known.begin() + " lies at the target and nobody knows why");
  for (const std::string& path : owned)
    if (!world_.live().contains(path)) return breaks("whole", path + " is in the inventory and not at the target");
}

// ---------------------------------------------------------------- the disk and the gateway

void Rules::about_to(const DurableCall& call) {
  if (call.does != DurableCall::Does::move) return;
  meets_no_scan(call);
  displaces(call.path);
  displaces(call.other);
}

// What we asked for ourselves, or could have waited for when we took the lock, has ended before a file moves.
void Rules::meets_no_scan(const DurableCall& call) {
  if (!world_.scan || !world_.excuse.empty() || (!is_live(call.path) && !is_live(call.other))) return;
  const World::Scan& scan = *world_.scan;
  if (scan.by == "us" || scan.number <= world_.scans_at_lock)
    breaks("no-mix", "a file moves while a scan by " + scan.by + " is active that was active at our lock");
}

// What a rename is about to take from its place, if it is somebody else's.
void Rules::displaces(const std::string& path) {
  if (!is_live(path)) return;
  const World::Live live = world_.live();
  const auto found = live.find(path);
  if (found != live.end() && world_.foreign(found->second)) displaced_.emplace_back(path, found->second.content);
}

void Rules::done(const DurableCall& call) {
  const bool moves = call.does == DurableCall::Does::move || call.does == DurableCall::Does::remove;
  if (moves && (is_live(call.path) || is_live(call.other))) {
    ++open_moves_;
    ++world_.moves;
  }
  if (call.path != own_folder + "/target.json" || call.does != DurableCall::Does::move) return;
  const auto text = host::read_file(world_.data() / own_folder / "target.json", host::TargetMemory::bytes_max);
  auto memory = text ? host::memory_from_json(*text) : Result<host::Memory>(text.error());
  if (!memory) return breaks("whole", "target.json cannot be read: " + memory.error().message);
  remembered(*memory);
  durable_ = std::move(memory).value();
}

void Rules::loading(const std::string& cause, bool moved) {
  if (is_whole() && !moved) return;
  const bool excused = !world_.alive || world_.dead || !world_.excuse.empty();
  if (cause == "us" && !(moved && excused)) return breaks("no-mix", "we asked for a scan of a tree that is not whole");
  if (cause == "auto" && !excused)
    return breaks("no-mix", "a scan that respects the lock met a tree that is not whole, and nothing excuses it");
  if (in_apply_ && world_.locked && world_.alive && !world_.dead && (world_.lock_lost || cause == "rude")) {
    ++world_.counts["torn loads to be said"];
    must_say_ = true;
  }
  ++world_.counts["not whole when loaded by somebody else, a start, a dead process or an excuse"];
}

// The gateway has something bad, and not only because it did not load the good file that lies there.
bool Rules::is_bad() const {
  if (!world_.loaded) return false;
  const World::Live live = world_.live();
  return std::any_of(world_.loaded->begin(), world_.loaded->end(), [&](const auto& file) {
    const auto found = live.find(file.first);
    const bool good_now = found != live.end() && !world_.foreign(found->second) && !bad(found->second.content);
    return bad(file.second) && !good_now;
  });
}

void Rules::judging(bool has_ticket) {
  if (has_ticket || !must_say_) return;
  must_say_ = false;
  ++world_.counts["torn loads without a ticket to notice them"];
}

void Rules::judged(const std::string& verdict) {
  last_verdict_ = verdict;
  healthy_uncounted_ = verdict == "healthy";
  if (verdict == "healthy" || verdict == "unhealthy") judged_moves_ = world_.moves;
  if (verdict == "healthy") healthy_puts_ = world_.puts;
  was_bad_ = world_.sick || world_.state == "faulted" || is_bad();
  if (verdict == "unhealthy" && !was_bad_) breaks("good", "it is judged unhealthy, and nothing is bad");
}

// ---------------------------------------------------------------- the memory

void Rules::remembered(const host::Memory& next) {
  const bool other_work = next.overwritten && next.overwritten->key != overwritten_key_;
  if (!next.overwritten || other_work) put_back_ = 0;
  if (next.overwritten) overwritten_key_ = next.overwritten->key;
  if (next.overwritten && durable_.in_flight && !next.in_flight && healthy_uncounted_) {
    healthy_uncounted_ = false;  // a lock that is not got ends a flight too, and says nothing of files
    ++put_back_;
    ++world_.counts["found overwritten"];
  }
  holds(next);
  verdicts(next);
  const auto& was = durable_.quarantine;
  if (was && !next.quarantine) {
    const bool proven = next.running && next.running->verified() && last_verdict_ == "healthy";
    if (!proven && was->key == assignment_.held_key() && was->retry == assignment_.retry)
      breaks("held", "the quarantine is gone and nobody asked for that");
  }
}

void Rules::holds(const host::Memory& next) {
  const auto in = [](const host::Memory& m, const std::string& key) {
    return std::any_of(m.held.begin(), m.held.end(), [&](const host::Held& h) { return h.key == key; });
  };
  for (const host::Held& h : next.held) {
    if (in(durable_, h.key)) continue;
    held_[h.key] = h.revision;
    const bool cause = last_verdict_ == "unhealthy" || last_verdict_ == "silent" || apply_failed_;
    if (!cause) breaks("verified", h.revision + " is held, and the last verdict was " + last_verdict_);
    if (last_verdict_ == "unhealthy" && !was_bad_) breaks("good", h.revision + " is held, and nothing was bad");
  }
  for (const host::Held& h : durable_.held) {
    if (in(next, h.key)) continue;
    const bool retry = next.retried != durable_.retried && !next.retried.empty() && next.retried == assignment_.retry &&
                       h.key == assignment_.held_key();
    const bool proven = next.running && next.running->verified() && next.running->key == h.key;
    if (retry || proven || durable_.held.size() >= 20)
      held_.erase(h.key);
    else
      breaks("held", "the hold of " + h.revision + " is gone, and no retry text came");
  }
}

void Rules::verdicts(const host::Memory& next) {
  const bool is_judged = judged_moves_ == world_.moves;
  if (next.running && next.running->verified()) {
    const auto& now = *next.running;
    const bool newly = !durable_.running || !durable_.running->verified() || durable_.running->run != now.run;
    const bool restored = durable_.good && durable_.good->run == now.run;
    if (newly && !restored && (last_verdict_ != "healthy" || !is_judged))
      breaks("judged", now.revision + " is recorded as verified, and the last verdict was " + last_verdict_);
    if (newly && !restored && world_.loaded)
      for (const auto& [path, file] : world_.live())
        if (bad(file.content) && !world_.foreign(file) && world_.loaded->contains(path) &&
            world_.loaded->at(path) == file.content)
          breaks("judged", "a bad tree of ours is recorded as verified: " + path);
    if (newly && !restored) ours();
    for (Tree& tree : applied_) tree.delivered.clear();
    verified_runs_.insert(now.run);
  }
  const bool other_good = next.good && (!durable_.good || durable_.good->run != next.good->run);
  if (other_good && (!next.running || !next.running->verified() || next.running->run != next.good->run))
    breaks("judged", next.good->revision + " counts as good and is not verified");
  if (durable_.in_flight && !next.in_flight && !is_judged && next.unverified.empty())
    breaks("judged", "inFlight went, and no reload after the last rename was judged");
}

// What was delivered since the last verified state is what lies there, unless somebody wrote after the verdict.
void Rules::ours() {
  const World::Live live = world_.live();
  for (const Tree& tree : applied_)
    for (const std::string& path : tree.delivered) {
      const auto found = live.find(path);
      if (found == live.end() || !world_.foreign(found->second)) continue;
      const std::string what = meaning(path, found->second.content);
      const auto wanted = expected_.find(path);
      if (wanted != expected_.end() && meaning(path, wanted->second) == what) continue;
      if (world_.last_put[path] > healthy_puts_) continue;
      breaks("ours", path + " is recorded as verified, and '" + what + "' of somebody else lies there");
    }
}

// ---------------------------------------------------------------- the strategy

void Rules::planned(const std::string& run, const std::vector<Change>& changes, const std::vector<Note>& notes) {
  const bool other = assignment_.profile.mappings.size() == 3 && assignment_.profile.mappings[2].destination == "ext2";
  const Content wanted = rendered(assignment_.revision, other);
  Journal journal;
  journal.after = expected_;
  journal.key = assignment_.held_key();
  for (const Change& change : changes) {
    journal.touched.push_back(change.path);
    if (change.op == Change::Op::remove)
      journal.after.erase(change.path);
    else if (change.op != Change::Op::chmod)
      journal.after[change.path] = wanted.at(change.path);
  }
  noted(notes);
  planned_[run] = std::move(journal);
}

void Rules::noted(const std::vector<Note>& notes) {
  const World::Live live = world_.live();
  for (const Note& note : notes) {
    if (note.code != "overwritten" && note.code != "drift") continue;
    if (const auto found = live.find(note.path); found != live.end())
      noted_.emplace(note.path, meaning(note.path, found->second.content));
    std::erase_if(displaced_, [&](const auto& one) { return one.first == note.path; });
  }
}

void Rules::apply_begins(const std::string& run) {
  apply_from_ = world_.moves;
  in_apply_ = true;
  if (put_back_ > 1 && overwritten_key_ == assignment_.held_key())
    breaks("ours", assignment_.revision + " was replaced twice, and is put back again");
  apply_faults_ = world_.counts["failed steps"];
  if (const auto held = held_.find(planned_[run].key); held != held_.end())
    breaks("held", held->second + " was held and is applied again");
  for (const std::string& path : planned_[run].touched)
    if (world_.told_role == "backup" && replicated(path))
      breaks("ready", path + " is the master's, and changed on its backup");
  if (world_.state == "running" && world_.lock != "us" && !world_.looked)
    breaks("no-mix", "apply begins without our lock, and nobody looked at the gateway, which runs");
  const auto& flight = durable_.in_flight;
  if (!flight || flight->run != run || !flight->moved)
    breaks("judged", "apply begins, and no durable inFlight says so");
}

void Rules::apply_ended(const std::string& run, stoker_status status, const std::vector<Note>& notes) {
  if (world_.dead) return;
  in_apply_ = false;
  noted(notes);
  if (status == STOKER_OK) {
    applied(run);
    return whole_now();
  }
  if (status == STOKER_E_CONFLICT) {
    if (world_.moves != apply_from_) breaks("whole", "apply answered conflict after it had renamed");
    return;
  }
  apply_failed_ = true;
  // a second fault may have kept it from being turned to undo
  planned_[run].must_undo = !world_.disk_full && world_.counts["failed steps"] - apply_faults_ < 2;
}

void Rules::revert_begins(const std::string& run) {
  if (verified_runs_.contains(run)) breaks("verified", "run " + run + " was verified and is taken back");
  const auto& unverified = durable_.unverified;
  if (std::find(unverified.begin(), unverified.end(), run) == unverified.end()) return;
  if (!durable_.in_flight || !durable_.in_flight->go_back)
    breaks("held", "a Run is taken back, and nothing durable says so");
  if (durable_.running && !std::any_of(durable_.held.begin(), durable_.held.end(),
                                       [&](const host::Held& h) { return h.key == durable_.running->key; }))
    breaks("held", durable_.running->revision + " is taken back before its hold is durable");
}

void Rules::revert_ended(const std::string& run, bool ok, const std::vector<Note>& notes) {
  if (world_.dead) return;
  noted(notes);
  if (!ok) return;
  if (!applied_.empty() && applied_.back().run == run) taken_back();
  whole_now();
}

void Rules::recover_ended(bool ok, const host::Recovered& state, const std::vector<Note>& notes) {
  if (world_.dead) return;
  noted(notes);
  recover_failed_ = !ok;
  if (!ok) return;
  if (state.did == host::Recovered::Did::finished) {
    if (planned_[state.run].must_undo) breaks("whole", "an apply that failed is finished by recover");
    if (const auto held = held_.find(planned_[state.run].key); held != held_.end())
      breaks("held", held->second + " is held, and recover finishes its apply");
    applied(state.run);
  } else if (planned_.contains(state.base_run) && !is_applied(state.base_run)) {
    applied(state.base_run);  // killed between its commit and its answer
  }
  while (!applied_.empty() && applied_.back().run != state.base_run) taken_back();
  whole_now();
}

void Rules::applied(const std::string& run) {
  applied_.push_back({run, expected_, planned_[run].touched});
  expected_ = planned_[run].after;
}

void Rules::taken_back() {
  expected_ = applied_.back().before;
  applied_.pop_back();
}

bool Rules::is_applied(const std::string& run) const {
  return std::any_of(applied_.begin(), applied_.end(), [&](const Tree& tree) { return tree.run == run; });
}

// A verb that changes files came through: the tree is one revision again, and what went is noted.
void Rules::whole_now() {
  open_moves_ = 0;
  for (const auto& [path, content] : displaced_) {
    bool delivered = false;
    for (const auto& [revision, unused] : revisions())
      for (const bool other : {false, true}) {
        const Content all = rendered(revision, other);
        const auto found = all.find(path);
        delivered = delivered || (found != all.end() && meaning(path, found->second) == meaning(path, content));
      }
    if (!delivered && !noted_.contains({path, meaning(path, content)}))
      breaks("foreign", "'" + content + "' at " + path + " was somebody else's and went without a note");
  }
  displaced_.clear();
}

}  // namespace stoker::schedule
