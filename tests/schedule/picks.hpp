// A schedule: how a story begins, what happens in it from outside, and where it leaves the quiet way. The same text
// gives the same again; what is drawn at random is written down as such a text.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace stoker::schedule {

struct Schedule {
  struct Op {
    int id = 0;        // stays when others are left out
    std::string what;  // ">" starts a Run, "at:<moment>:<event>" waits for one, all else is an event
    bool operator==(const Op&) const = default;
  };
  using Place = std::pair<int, int>;  // op, point within it
  std::string start = "settled", revision = "r2";
  std::vector<Op> ops;
  std::map<Place, std::string> picks;

  std::size_t length() const { return ops.size() + picks.size(); }
};

// "settled r3 0:> 1:assign:r2 2:at:wait:kill 3:> 0.17=kill"
std::string to_text(const Schedule& schedule);
std::optional<Schedule> from_text(const std::string& text);

// A story by its number: a third are written down, the others are made up.
Schedule random_story(std::uint64_t seed);

// Says at each point what is to happen there: as the schedule has it, or drawn and then written into it.
class Picks {
 public:
  static constexpr std::size_t picks_max = 6;
  using Options = std::function<std::vector<std::string>()>;

  explicit Picks(Schedule schedule) : schedule_(std::move(schedule)) {}
  Picks(Schedule schedule, std::uint64_t seed, double rate)
      : schedule_(std::move(schedule)), rate_(rate), random_(seed) {}

  void begin(int op) { op_ = op, point_ = 0, open_ = true; }
  void close() { open_ = false; }
  // Empty: the quiet way. `weight`: how likely this point is against others.
  std::string next(double weight, const Options& options);
  std::size_t made() const { return schedule_.picks.size(); }
  const Schedule& schedule() const { return schedule_; }

 private:
  Schedule schedule_;
  double rate_ = 0;
  std::mt19937_64 random_;
  int op_ = 0, point_ = 0;
  bool open_ = false;
};

}  // namespace stoker::schedule
