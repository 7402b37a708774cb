// The answer to `stoker why`: what stands in the way of a target, a Sync or the whole fleet, since when, until when,
// what ends it, and what to type next; or that nothing does. A value, with its text of one screen and its JSON.
// [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// How a target or a Sync stands, from good to bad.
enum class Standing { well, noted, planned, paused, waits, failed };
std::string_view name(Standing standing);

// One thing that stands in the way, or that people should know.
struct Reason {
  Standing standing = Standing::well;
  std::string code;      // name of the hold, code of the failure, type of the condition; empty: there is none
  std::string about;     // of a Sync: the only target that this concerns; empty: all
  std::string headline;  // a sentence, with the name of what it is about
  std::string clause;    // the same without it, for a list
  std::string what;      // in detail, as the object says it
  std::int64_t since_ms = 0, until_ms = 0, again_ms = 0;  // Unix times; 0: not known
  bool by_itself = false;                                 // it may end without a person
  std::string ended_by, advice;
  std::vector<std::string> next;  // commands
};

struct Answer {
  static constexpr std::size_t lines_max = 20, besides_max = 4;

  // A line for each target, or Sync, that is not as wanted.
  struct Line {
    std::string name;
    Reason reason;
  };

  std::string kind;  // "target", "sync" or "fleet"
  std::string name, name_space;
  Reason first;                 // the worst; or that all is well
  std::vector<Reason> besides;  // worst first
  std::string runs, wanted;     // of a target, in words; may be empty
  std::int64_t looked_at_ms = 0;
  std::string counts;       // of a Sync and of the fleet: "3 targets: 1 as wanted, 2 wait"
  std::vector<Line> lines;  // worst first
  std::vector<std::string> next;
};

std::string text_of(const Answer& answer, std::int64_t now_ms);
std::string json_of(const Answer& answer);
// What it says but for times: while this stays the same, nothing has changed for whoever reads the answer.
std::string gist_of(const Answer& answer);

}  // namespace stoker::host
