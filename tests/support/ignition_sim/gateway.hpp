// ignition-sim as a library: a gateway that behaves as ignition 7 says, with the data directory under test as its own.
// A Gateway runs one thread of its own; every function here may be called from any thread. The same things can be done
// from outside over its control port (control.cpp lists the routes).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/ignition_sim/access.hpp"
#include "support/ignition_sim/habits.hpp"
#include "support/ignition_sim/signature.hpp"
#include "support/ignition_sim/tree.hpp"
#include "support/ignition_sim/view.hpp"

namespace ignition_sim {

enum class State { down, starting, commissioning, running, faulted };
std::string_view name(State state);
std::optional<State> state_named(std::string_view text);

enum class Kind { projects, config };
std::string_view name(Kind kind);
std::optional<Kind> kind_named(std::string_view text);
// What a scan of this kind reads, below the data directory: "projects", "config/resources".
std::string_view area(Kind kind);

struct Options {
  std::filesystem::path data;
  std::uint16_t port = 0;  // 0: any free one, kept while the gateway is down
  std::uint16_t control_port = 0;
  double scale = 0.01;                // of every duration but a lock's hold
  State state = State::running;       // right after start(): down, starting or running
  bool commissioning = false;         // a start ends in commissioning, until set_state(running)
  bool commissioning_resets = false;  // its end puts the factory's permissions over those in core, if there are any
  SignatureForm signature = SignatureForm::v8_3;
  bool stamping = true;  // a scan stamps edited resources of projects; those of config it leaves as they are
  Habits habits;
  std::int64_t lock_stamp = 380'308'558;  // the timestamp of the first lock
  std::string mode;                       // deployment mode, none by default
  std::string name = "gateway";           // unless ignition/system-properties has a systemName
  std::string version = "8.3.6 (b2025112013)";
  std::optional<unsigned> uid;  // a file of another owner keeps the gateway from starting
  std::chrono::milliseconds start{60'000};
  std::chrono::milliseconds restart{40'000};
  std::chrono::milliseconds scan{300};       // between the first half of a scan's reading and the second
  std::chrono::milliseconds scan_delay{50};  // from the request until the scan is active
  std::chrono::milliseconds log_delay{700};  // from the end of a scan until what it did not load is in the log
};

struct Designer {
  std::string id;
  std::string user;
  std::string project;
};

// A person at a Perspective page.
struct PerspectiveSession {
  std::string id;
  std::string user;
  std::string project;
};

// The role is what the node is configured to be and never moves; which node is active does.
struct Redundancy {
  std::string role = "Independent";  // Master, Backup
  std::string activity = "Active";   // Warm, Cold
  bool sync_pending = false;
  bool failover_pending = false;
  std::string project_state = "Good";  // SyncError
  std::int64_t last_sync = 0;          // epoch ms
};

// What calls below `path` get instead of (or, `after`, besides) their answer.
struct Fault {
  std::string path;    // prefix; "" is every path of the web port
  std::string method;  // "" is any
  // "401" "403" "503" "302" (to /welcome) "302 https://elsewhere/" "500" "reset" "silent" "slow" "endless" "text"
  // (wrong content type)
  std::string answer;
  int times = 0;       // so many calls, then it is gone; 0 for ever
  bool after = false;  // the call is carried out, only its answer is lost
};

enum class Course { normal, stuck, never };  // of scans: stuck stays active after its first half until normal again

// When a resource that is ill after a scan is well again: once so many answers told it, and this time is over.
struct Recovery {
  int looks = 1;
  std::chrono::milliseconds time{0};  // not scaled
};

// A person saves a resource in a Designer or in the gateway's UI: content and resource.json with actor = user.
struct Save {
  std::string user;
  std::string folder;  // "projects/Line/com.inductiveautomation.perspective/views/Main"
  Files files;
  // While the lock is held or a scan reads: wait instead of being refused. It runs when somebody's scan request ends
  // the lock, before that scan reads, or at the end of the scan.
  bool wait = false;
};
enum class Saved { done, queued, refused };

struct Lock {
  std::string actor;
  std::int64_t timestamp = 0;  // of this hold; no time, only another number than that of any other hold
  std::int64_t remaining = 0;  // s, rounded down
};

struct ScanStatus {
  bool active = false;
  std::int64_t last_timestamp = 0;  // epoch ms, strictly increasing
  std::int64_t last_duration = 0;
  std::int64_t start_timestamp = 0;  // of what the start loaded
};

// A load that came to its end; `digest` is that of the whole of its area, as loaded.
struct ScanRecord {
  Kind kind = Kind::projects;
  std::string actor;  // who asked; "start" when the gateway did by starting
  std::int64_t timestamp = 0;
  std::string digest;
};

struct Call {
  std::string method;
  std::string target;
  std::string key;  // name of the API key, without its secret
  int status = 0;   // 0: none was given
};

class Gateway {
 public:
  explicit Gateway(Options options);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void start();  // throws when a port cannot be bound
  void stop();
  std::string url() const;  // "http://127.0.0.1:PORT"
  std::string control_url() const;
  std::uint16_t port() const;
  std::uint16_t control_port() const;
  const std::filesystem::path& data() const;

  State state();
  void set_state(State state);  // running from commissioning ends the commissioning
  void restart();
  bool wait_for(State state, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  std::string fault();  // why it is FAULTED; empty otherwise

  void set_designers(std::vector<Designer> designers);
  void set_sessions(std::vector<PerspectiveSession> sessions);
  void set_redundancy(Redundancy redundancy);
  Redundancy redundancy();
  void on_resync(std::function<void()> then);  // what a call of the resync route does; it runs on the gateway's thread
  void set_pending_restarts(std::vector<std::string> tasks);  // what only works after a restart
  void set_faults(std::vector<Fault> faults);
  void set_scan_course(Kind kind, Course course);
  void set_habits(Habits habits);
  // healthchecks of a config resource, "ignition/database-connection/main"; a singleton is "ignition/cobranding". Of
  // one copy: "ignition/database-connection/main?collection=core".
  void set_health(const std::string& resource, bool healthy, const std::string& message);
  // Its check is bad at the end of each config scan, and good a while later.
  void set_ill_after_scan(const std::string& resource, const std::string& message, Recovery recovery);
  void set_clock_offset(std::chrono::milliseconds offset);

  bool take_lock(Kind kind, const std::string& actor, std::chrono::seconds hold);  // false: somebody has it
  void release_lock(Kind kind);
  std::optional<Lock> lock(Kind kind);

  Saved save(const Save& save);
  void self_writes();  // what a gateway writes by itself: System tags, users.json, valueStore.idb, .uuid, …

  void request_scan(Kind kind, const std::string& actor = "somebody");  // ends a lock, as every scan request does
  bool scan(Kind kind, std::chrono::milliseconds timeout = std::chrono::seconds(10));  // and waits for its end
  ScanStatus scan_status(Kind kind);
  bool scanning(Kind kind);  // one is requested or active
  void reload();             // of what a redundant peer wrote: no scan, no lock is asked for, no timestamp moves

  View loaded();
  std::string digest(const std::string& folder = {});  // loaded_digest(below(loaded(), folder))
  Projects projects();
  std::vector<ScanRecord> scans();  // the last 10,000, oldest first, likewise the calls
  std::vector<Call> calls();
  void forget_calls();
  std::vector<std::string> unknown();  // "GET /path": requests it has no answer for; a test fails on any
  std::vector<LogLine> log();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ignition_sim
