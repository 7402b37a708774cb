// What must hold whatever happens: watched from outside the host, at every step that is durable, at every call of a
// plugin, after every Run and at rest. What it knows it has seen on disk and at the calls; it asks the host nothing.
//
//   finished    a start that can ask no gateway leaves no mix, unless recover itself failed
//   whole       between Runs what is live and ours is one complete revision, and at rest the inventory has it
//   no-mix      nothing of ours asks for a scan of a tree that is not whole; no file of ours moves while a scan is
//   active
//               that we asked for or could have waited for; a scan that respects our lock meets no mix; at rest the
//               gateway has what the disk has
//   said        where somebody's scan in spite of the lock met our renames, the Report says lock-lost
//   held        what was held is not applied again, the hold is durable before anything is put back, and only a retry
//               text (once), a var or the proof of the contrary ends it
//   verified    what was verified is not taken back, and no revision is held for a gateway that somebody stopped
//   good        nothing is judged unhealthy or held where nothing is bad
//   ours        nothing is verified over bytes of somebody else; what was replaced is put back once, then it holds
//   lock        our lock is given back after the Run; that of another is left alone
//   foreign     nothing that somebody else wrote goes without a note
//   converges   it ends where it is asked to, and what runs gets judged
//   ready       what is said to be verified is on disk, loaded, and nothing of an earlier revision is left
//   still       where there is nothing to do, nothing is written
//   dry         a dry run writes nothing
//   way-back    at rest nothing runs that is held while there is a verified state to go back to
//   leftovers   no staging, no undo data, no journal is left when all is done
//   judged      nothing is verified, and inFlight does not go, before a reload after the last rename was judged; a bad
//               tree of ours is never verified
#pragma once

#include "world.hpp"

#include "host/calls/strategy_instance.hpp"
#include "host/run/target_memory.hpp"
#include "host/values/report.hpp"

namespace stoker::schedule {

class Rules {
 public:
  explicit Rules(World& world) : world_(world) { world.rules = this; }

  const std::string& broken() const { return broken_; }  // "" or the name of the first rule that broke
  const std::string& text() const { return text_; }
  void breaks(const std::string& rule, const std::string& text);

  // ---- the process and its Runs
  void process_begins();
  void process_died();
  void run_begins(const host::Assignment& assignment);
  void woken();
  void started_without_secret();
  void run_ended(const host::Report& report, const Wish& wish, std::uint64_t writes, bool nothing_to_do);
  void at_rest();
  void at_end();

  // ---- the disk and the gateway
  void about_to(const DurableCall& call);
  void done(const DurableCall& call);
  // `moved`: files of ours moved while the scan that loads them was active.
  void loading(const std::string& cause, bool moved);
  void judging(bool has_ticket);  // without one nobody can know whether our lock was lost
  void judged(const std::string& verdict);

  // ---- the strategy
  void planned(const std::string& run, const std::vector<Change>& changes, const std::vector<Note>& notes);
  void apply_begins(const std::string& run);
  void apply_ended(const std::string& run, stoker_status status, const std::vector<Note>& notes);
  void revert_begins(const std::string& run);
  void revert_ended(const std::string& run, bool ok, const std::vector<Note>& notes);
  void recover_ended(bool ok, const host::Recovered& state, const std::vector<Note>& notes);

  const host::Memory& durable() const { return durable_; }

 private:
  void remembered(const host::Memory& next);
  void holds(const host::Memory& next);
  void verdicts(const host::Memory& next);
  void meets_no_scan(const DurableCall& call);
  bool is_bad() const;
  void ours();
  void displaces(const std::string& path);
  void noted(const std::vector<Note>& notes);
  void whole_now();
  void applied(const std::string& run);
  void taken_back();
  bool is_applied(const std::string& run) const;
  bool is_whole() const { return open_moves_ == 0; }
  void tree_is_whole(const std::string& where);
  void ready(const host::Report& report, const Wish& wish);

  struct Tree {
    std::string run;
    Content before;                      // what was expected before it
    std::vector<std::string> delivered;  // and nobody has verified it yet
  };
  struct Journal {
    Content after;
    std::vector<std::string> touched;
    std::string key;
    bool must_undo = false;
  };
  World& world_;
  std::string broken_, text_;
  host::Memory durable_;
  host::Assignment assignment_;
  std::string last_verdict_ = "none";
  bool apply_failed_ = false, recover_failed_ = false;
  std::uint64_t open_moves_ = 0, judged_moves_ = 0, apply_from_ = 0, apply_faults_ = 0;
  Content expected_;  // what of ours should be live
  std::vector<Tree> applied_;
  std::map<std::string, Journal> planned_;   // by run
  std::map<std::string, std::string> held_;  // key → its name
  std::set<std::string> verified_runs_;
  bool was_bad_ = false, in_apply_ = false, must_say_ = false;
  bool healthy_uncounted_ = false;
  int put_back_ = 0;  // how often the same work was found overwritten
  std::string overwritten_key_;
  std::uint64_t healthy_puts_ = 0;                       // from outside, when the last verdict was healthy
  std::set<std::pair<std::string, std::string>> noted_;  // path, meaning
  std::vector<std::pair<std::string, std::string>> displaced_;
};

}  // namespace stoker::schedule
