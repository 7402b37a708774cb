// What outlives a process: the gateway with its files, the source, the controller that assigns. Everything that can
// happen by itself is an event with a name; `point` is called between any two steps of a process and lets them happen,
// fails the step, or kills the process. Touched by one thread at a time: a Run has one call under way.
#pragma once

#include "durable_calls.hpp"
#include "picks.hpp"

#include "host/values/assignment.hpp"

#include <initializer_list>
#include <set>

namespace stoker::schedule {

using Content = std::map<std::string, std::string>;

// What the controller assigns.
struct Wish {
  std::string revision = "r1";
  bool other_mapping = false;  // ext goes to ext2
  int vars = 1;
  std::string retry;
  bool dry = false, hold = false, rollback = true;
  bool operator==(const Wish&) const = default;
  host::Assignment assignment() const;
  std::string name() const;
};

// The revisions of the source by their paths there, and what a revision becomes at the target.
const std::map<std::string, Content>& revisions();
Content rendered(const std::string& revision, bool other_mapping);
// Equal for two resource.json that differ in their stamp alone; else the content.
std::string meaning(const std::string& path, const std::string& content);
inline bool bad(const std::string& content) {
  return content.find("BAD") != std::string::npos || content.find("FATAL") != std::string::npos;
}
inline bool replicated(const std::string& path) { return path.starts_with("projects/"); }

class Rules;

class World final : public Watch {
 public:
  World(std::filesystem::path data, Picks picks);
  ~World();

  // ---- steps of the process
  // "": go on. "dead": killed, here or before. Else the fault of this step.
  std::string point(const std::string& label, double weight, std::initializer_list<const char*> faults);
  int before(const DurableCall& call) override;
  void after(const DurableCall& call) override;

  // ---- what happens by itself
  std::vector<std::string> events() const;
  void happen(const std::string& event);
  void arm(const std::string& text);  // "<moment>:<event>": it happens when a Run comes there
  void disarm() { armed_.clear(); }
  bool moment(const std::string& name);  // false: the process was killed there
  std::vector<std::string> bad_now() const;
  bool nobody() const { return state == "down" || state == "faulted"; }

  // ---- scans
  // A scan that takes several steps reads what is not of a project when it begins, and projects when it ends. Who:
  // us; foreign, whose request ends anybody's lock; auto, which nobody asked for and which leaves the lock alone; rude,
  // the same in spite of the lock.
  struct Scan {
    std::string by, next;  // next: who asked for another one meanwhile
    int left = 0;          // steps
    std::uint64_t number = 0, moves = 0;
    Content early;
  };
  static constexpr int slow_steps = 80, poll_steps = 20;
  std::optional<Scan> scan;
  std::uint64_t scans = 0;  // that began
  void ask_scan(const std::string& by);
  void pass(int steps);
  void end_scans();
  void release_lock();  // saves that waited for it run
  void lock_allowed();

  // ---- the files
  struct LiveFile {
    std::string content;
    std::uint64_t inode = 0;
  };
  using Live = std::map<std::string, LiveFile>;
  Live live() const;
  // Who wrote what lies there: us, or a Designer, a gateway, a person.
  bool foreign(const LiveFile& file) const;
  const std::filesystem::path& data() const { return data_; }

  std::string state = "running", role = "master", lock;  // lock: "", "us", "other"
  std::uint64_t lock_stamp = 0;                          // of the last one that we got
  bool lock_lost = false;                                // it was ended by somebody else
  std::string told_role = "independent";                 // what it last said of itself
  int starts = 1;
  std::optional<Content> loaded;
  bool sick = false, designer = false, source_up = true, control_up = true, disk_full = false;
  bool rights = true, unsure = false;  // may our key write; does nobody see the end of a scan
  bool secret = true;                  // can the key be read; only the beginning of a process needs it
  bool slow_scans = false;
  bool stubborn = false;  // somebody saves again each time that a lock ends
  int waiting_saves = 0;
  Wish assigned;
  bool alive = false, dead = false;                    // is there a process; was it killed and is not thrown away yet
  std::string excuse;                                  // why a foreign scan may meet a tree that is not whole
  bool looked = false;                                 // the last look saw a gateway that runs
  bool locked = false, unlock_failed = false;          // in this Run
  std::uint64_t scans_at_lock = 0, moves_at_lock = 0;  // when our lock was granted last
  std::uint64_t puts = 0;                              // from outside
  std::map<std::string, std::uint64_t> last_put;       // path → its number
  std::uint64_t writes = 0, moves = 0, happened = 0;
  std::function<void()> on_assigned;
  Picks picks;
  std::map<std::string, std::uint64_t> counts;

  bool tracing = false;
  std::vector<std::string> trace;
  void say(const std::string& line) {
    if (tracing) trace.push_back(line);
  }
  Rules* rules = nullptr;
  static World* current;  // what instances that are being created belong to

 private:
  void put(const std::string& path, const std::string& content, bool in_place);
  void save(const char* event);
  void begin_scan(const std::string& by);
  void end_scan();
  void load(const std::string& cause, bool moved);
  bool can(const std::string& event) const;
  void go_to_starting();
  void become_ready();
  void stamp();
  void assign(Wish wish);

  std::filesystem::path data_;
  std::map<std::uint64_t, std::string> foreign_;  // inode → what was written there from outside
  Content early_;
  std::uint64_t early_moves_ = 0;
  bool commissioned_ = true;
  int saves_ = 0, retries_ = 0;
  std::multimap<std::string, std::string> armed_;  // moment → event
};

}  // namespace stoker::schedule
