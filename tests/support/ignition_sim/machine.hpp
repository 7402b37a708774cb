// The gateway itself, without sockets: its states, what it has loaded, who may write when. One thread, the loop's,
// calls everything here; Gateway and the two sets of routes sit on top.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "support/ignition_sim/detection.hpp"
#include "support/ignition_sim/gateway.hpp"
#include "support/ignition_sim/scan.hpp"
#include "support/ignition_sim/scan_lock.hpp"

namespace ignition_sim {

struct Health {
  bool healthy = true;
  std::string message;
  std::int64_t time = 0;
  std::optional<Recovery> recovery = {};  // of one that falls ill at the end of each config scan
  int looks = 0;                          // since then

  // Somebody was told. When he was told often and long enough, the resource is well.
  void look(std::int64_t now);
  void scanned(std::int64_t now);
};

class Machine {
 public:
  // `listen` opens and closes the web port.
  Machine(boost::asio::io_context& loop, Options options, std::function<void(bool open)> listen);

  void begin();
  void end();  // no timer fires any more
  const Options& options() const { return options_; }
  std::int64_t now() const;     // epoch ms by the gateway's clock
  std::int64_t uptime() const;  // ms since its process started; -1 on a cold node
  std::string name() const;     // as system-properties have it, else that of the options

  State state() const { return state_; }
  const std::string& fault() const { return fault_; }
  void set_state(State state);
  void restart();
  void when(std::function<bool()> holds, std::function<void()> then);  // then, as soon as it holds

  const Habits& habits() const { return habits_; }
  void set_habits(const Habits& habits);

  void request_scan(Kind kind, const std::string& actor);
  void reload();
  void set_course(Kind kind, Course course) { part(kind).scan.set_course(course); }
  const ScanStatus& scan_status(Kind kind) const { return part(kind).scan.status(); }
  bool scanning(Kind kind) const { return part(kind).scan.busy(); }
  bool never_scans(Kind kind) const { return part(kind).scan.never_starts(); }
  ScanLock& lock(Kind kind) { return part(kind).lock; }

  Saved save(const Save& save);
  void self_writes();

  const Projects& projects() const { return projects_; }
  const Collections& collections() const { return collections_; }
  const Access& access() const { return access_; }
  View loaded() const;

  // Set from outside, read by the routes.
  std::vector<Designer> designers;
  std::vector<PerspectiveSession> sessions;
  std::vector<std::string> pending_restarts;
  Redundancy redundancy;
  std::function<void()> resync;
  std::vector<Fault> faults;
  std::map<std::string, Health> health;  // "module/type/name"
  std::chrono::milliseconds clock_offset{0};

  // What happened, bounded.
  std::deque<Call> calls;
  std::deque<std::string> unknown;
  std::deque<ScanRecord> scans;
  std::deque<LogLine> log;

 private:
  struct Part {
    Scan scan;
    ScanLock lock;
    View view;
    MtimeDetection detection;
  };
  Part make_part(boost::asio::io_context& loop, Kind kind);
  Part& part(Kind kind) { return kind == Kind::projects ? projects_part_ : config_part_; }
  const Part& part(Kind kind) const { return kind == Kind::projects ? projects_part_ : config_part_; }
  std::chrono::milliseconds scaled(std::chrono::milliseconds time) const;

  void start_in(std::chrono::milliseconds time);
  void come_up();
  void end_commissioning();
  void run();
  void go_down();
  void scan_by_itself();
  void load(Kind kind, const Tree& tree, const std::string& actor);
  void load_projects(const Tree& tree);
  void load_config(const Tree& tree);
  void stamp_projects(const std::vector<Resource>& resources);
  void keep_contents(Kind kind, const std::vector<Resource>& resources);
  void settled(Kind kind);
  void write_save(const Save& save);
  void changed();
  void note(std::vector<LogLine> lines);
  void tell_unloaded();
  void tell_later(std::vector<LogLine> lines);

  const Options options_;
  const std::function<void(bool)> listen_;
  Habits habits_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer automatic_;
  boost::asio::steady_timer late_log_;
  std::vector<LogLine> late_lines_;
  std::set<std::string> told_unloaded_;  // folder and text of each resource that the log named already
  State state_ = State::down;
  std::string fault_;
  bool has_run_ = false;
  std::chrono::steady_clock::time_point process_began_ = std::chrono::steady_clock::now();
  Part projects_part_;
  Part config_part_;
  Projects projects_;
  Collections collections_;
  Access access_;
  std::vector<Save> waiting_saves_;
  std::vector<std::pair<std::function<bool()>, std::function<void()>>> waits_;
  int self_writes_ = 0;
};

// Adds to a record that keeps its last 10,000 entries.
template <class T>
void keep(std::deque<T>& record, T entry) {
  constexpr std::size_t entries_max = 10'000;
  record.push_back(std::move(entry));
  if (record.size() > entries_max) record.pop_front();
}

}  // namespace ignition_sim
