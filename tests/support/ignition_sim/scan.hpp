// The file-system scan of one kind: requested, then active, then done, over files that may change meanwhile.
// It reads the first half of the files when it becomes active and the second half a scan's duration later, so that a
// tree that changes in between without the lock is loaded as a mix. Runs on the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <string>

#include "support/ignition_sim/gateway.hpp"

namespace ignition_sim {

class Scan {
 public:
  struct Pace {
    std::chrono::milliseconds delay;
    std::chrono::milliseconds duration;
  };
  using Load = std::function<void(const Tree& tree, const std::string& actor)>;  // sets nothing but the memory
  using Clock = std::function<std::int64_t()>;

  // `habits` may change while the scan lives.
  Scan(boost::asio::io_context& loop, Kind kind, std::filesystem::path data, Pace pace, const Habits& habits, Load load,
       Clock now, std::function<void()> ended);

  void request(const std::string& actor);
  void read_at_once(const std::string& actor);  // as a starting gateway does
  void drop();                                  // forgets what was requested; a scan in the middle never ends
  void set_course(Course course);

  bool busy() const { return phase_ != Phase::idle; }  // requested or active
  bool reads() const { return phase_ == Phase::reading; }
  bool never_starts() const { return course_ == Course::never; }
  const ScanStatus& status() const { return status_; }

 private:
  enum class Phase { idle, requested, reading };
  void wait(std::chrono::milliseconds time, void (Scan::*next)());
  void begin();
  void finish();
  void load(const Tree& tree);

  boost::asio::steady_timer timer_;
  const Kind kind_;
  const std::filesystem::path data_;
  const Pace pace_;
  const Habits& habits_;
  const Load load_;
  const Clock now_;
  const std::function<void()> ended_;
  Course course_ = Course::normal;
  Phase phase_ = Phase::idle;
  std::size_t wanted_ = 0;  // scans that are still to begin
  bool half_time_over_ = false;
  std::string actor_;
  std::string boundary_;  // the last path of the first half
  Tree tree_;
  std::int64_t begun_ = 0;
  ScanStatus status_;
};

}  // namespace ignition_sim
