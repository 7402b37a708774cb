// See scan.hpp. Paths are read in their order, and what is listed anew at half time is what lies behind the last one
// read, as a walk through folders would have it.
#include "support/ignition_sim/scan.hpp"

#include <algorithm>

namespace ignition_sim {

Scan::Scan(boost::asio::io_context& loop, Kind kind, std::filesystem::path data, Pace pace, const Habits& habits,
           Load load, Clock now, std::function<void()> ended)
    : timer_(loop),
      kind_(kind),
      data_(std::move(data)),
      pace_(pace),
      habits_(habits),
      load_(std::move(load)),
      now_(std::move(now)),
      ended_(std::move(ended)) {}

void Scan::request(const std::string& actor) {
  if (course_ == Course::never) return;
  if (reads() && habits_.requests == Requests::drop) return;
  actor_ = actor;
  wanted_ = habits_.requests == Requests::queue ? wanted_ + 1 : 1;
  if (busy()) return;
  phase_ = Phase::requested;
  wait(pace_.delay, &Scan::begin);
}

void Scan::read_at_once(const std::string& actor) {
  drop();
  actor_ = actor;
  begun_ = now_();
  load(read_tree(data_, area(kind_)));
  status_.start_timestamp = status_.last_timestamp;
}

void Scan::drop() {
  timer_.cancel();
  tree_.clear();
  wanted_ = 0;
  phase_ = Phase::idle;
  status_.active = false;
}

void Scan::set_course(Course course) {
  course_ = course;
  if (course == Course::normal && phase_ == Phase::reading && half_time_over_) finish();
}

void Scan::wait(std::chrono::milliseconds time, void (Scan::*next)()) {
  timer_.expires_after(time);
  timer_.async_wait([this, next](boost::system::error_code cancelled) {
    if (!cancelled) (this->*next)();
  });
}

void Scan::begin() {
  --wanted_;
  phase_ = Phase::reading;
  status_.active = true;
  half_time_over_ = false;
  begun_ = now_();
  const auto paths = list_files(data_, area(kind_));
  const std::size_t half = (paths.size() + 1) / 2;
  for (std::size_t at = 0; at < half; ++at)
    if (auto bytes = read_file(data_ / paths[at])) tree_.emplace(paths[at], std::move(*bytes));
  boundary_ = half == 0 ? std::string() : paths[half - 1];
  wait(pace_.duration, &Scan::finish);
}

void Scan::finish() {
  half_time_over_ = true;
  if (course_ == Course::stuck) return;
  for (const auto& path : list_files(data_, area(kind_)))
    if (path > boundary_)
      if (auto bytes = read_file(data_ / path)) tree_.emplace(path, std::move(*bytes));
  const Tree tree = std::move(tree_);
  tree_.clear();
  load(tree);
  if (wanted_ > 0) return begin();
  phase_ = Phase::idle;
  status_.active = false;
  ended_();
}

void Scan::load(const Tree& tree) {
  const auto end = now_();
  status_.last_timestamp = std::max(end, status_.last_timestamp + 1);
  status_.last_duration = std::max<std::int64_t>(end - begun_, 0);
  load_(tree, actor_);
}

}  // namespace ignition_sim
