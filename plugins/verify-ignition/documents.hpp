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

struct Assignment {
  std::string target;
  State state = State::running;  // as this Run observed it
  DesignerPolicy designer = DesignerPolicy::proceed;
  bool looks = true;
  std::vector<std::string> destinations;
  std::chrono::milliseconds verify{0};  // 0: not said
  std::optional<Baseline> baseline;
};
stoker::Result<Assignment> read_assignment(std::string_view json);

struct Facts {
  State state = State::down;
  std::string role, version, hold_name, hold_reason;
};
std::string write(const Facts& facts);

// What verify and unlock must know of lock. `locked`: area and the lock's timestamp.
struct Ticket {
  State state = State::down;
  std::set<ScanArea> areas;
  std::map<ScanArea, std::int64_t> locked;
  Baseline baseline;
};
std::string write(const Ticket& ticket);  // at most 64 KiB: lists are cut, `bad` last
stoker::Result<Ticket> read_ticket(std::string_view json);

// The detail of a verify: it is the baseline of a later call, with the scans that were made.
std::string write(const Baseline& now, const std::map<ScanArea, ScanStatus>& scans);

}  // namespace ignition
