// The documents that the verifier reads and writes: assignment, facts, ticket and detail. Pure values; JSON stays in
// documents.cpp.
#pragma once

#include "answers.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>

namespace ignition {

enum class DesignerPolicy { proceed, wait, fail };
enum class ScanArea { projects, config };
std::string_view name(ScanArea area);

// What is bad, what is there: the measure that a later look is held against. Names are stable: "project:Line2".
struct Baseline {
  std::set<std::string> bad, projects, resources;
};

// What was learnt about the scans of one area.
struct ScanRecord {
  std::int64_t last = 0;  // as the gateway said it
  // One of our scans has moved the timestamp of this gateway: from then on only that counts as the end of a scan that
  // has something to load.
  bool moves = false;
};
using ScanRecords = std::map<ScanArea, ScanRecord>;

struct Assignment {
  std::string target;
  State state = State::running;  // as this Run observed it
  DesignerPolicy designer = DesignerPolicy::proceed;
  bool lock_only = false;  // a recovery or a revert: take the lock, ask nothing else, and keep it when the call fails
  std::vector<std::string> destinations;
  std::chrono::milliseconds verify{0};  // 0: not said
  std::optional<Baseline> baseline;
  ScanRecords scans;  // of the last verified look
  std::string role = "independent";
};
stoker::Result<Assignment> read_assignment(std::string_view json);

struct Facts {
  State state = State::down;
  std::string role, version, hold_name, hold_reason;
  std::optional<bool> active;              // of a pair
  std::optional<std::int64_t> started_ms;  // Unix time, as far as the uptime tells
  std::int64_t last_sync = 0;              // of a pair; not written
  std::optional<std::int64_t> designers;   // how many are open, where the gateway says so
};
std::string write(const Facts& facts);

// What verify and unlock must know of lock. `locked`: area and the lock's timestamp.
struct Ticket {
  State state = State::down;
  std::set<ScanArea> areas;
  std::map<ScanArea, std::int64_t> locked;
  ScanRecords scans;           // at the time of the lock
  std::int64_t last_sync = 0;  // of a master: its backup's last pull then; 0: not said
  Baseline baseline;
};
std::string write(const Ticket& ticket);  // at most 64 KiB: lists are cut, `bad` last
stoker::Result<Ticket> read_ticket(std::string_view json);

// The detail of a verify: it is the baseline of a later call, with what was learnt of the scans.
std::string write(const Baseline& now, const ScanRecords& scans);

}  // namespace ignition
