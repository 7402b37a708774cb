// The queue of one notifier. Each finished Report reaches the notifier at least once, also across a restart. The queue
// is bounded and on disk (state/notices/<module>/), so that a slow or unavailable receiver delays no Run and misses
// nothing while it is away. Files are read and written on a worker. [event loop]
//
// Concept: what happens to a notice.
//
//   waits    until it is delivered. A try that failed for a reason that can pass is followed by another after 2, 4, 8
//            ... 256 s, or later when the notifier says so. No new Report makes this shorter. After five failed tries
//            of one notice the others are tried before it, so that one that the receiver cannot take stops none.
//   parked   given up, and moved to parked/: the receiver refused it for good, or it was tried for 24 hours, or the
//            process died twice in a row while the notifier had it. A person can move its files back.
//   dropped  removed, because more than `kept_max` waited and it was the oldest.
//
// Each change of these is a line in the log and counts in stoker_notices_total. A try that fails in the same way as the
// one before is counted only.
#pragma once

#include "host/calls/notifier_instance.hpp"
#include "host/calls/wakeup.hpp"
#include "host/notices/notice_folder.hpp"
#include "host/offered/log.hpp"
#include "host/offered/metrics.hpp"
#include "host/values/notifier_status.hpp"
#include "host/values/report.hpp"

#include <deque>
#include <random>

namespace stoker::host {

// Where a queue says what happens to its notices.
struct NoticeRecords {
  ModuleLog log;
  Metric total;    // labels: module, result
  Metric waiting;  // label: module
};

class Notices {
 public:
  static constexpr std::size_t kept_max = 1000;
  static constexpr std::chrono::hours tried_max{24};
  static constexpr unsigned tries_in_a_row = 5, deaths_max = 2;
  static constexpr std::chrono::seconds load_again_after{60};

  // `workers` reads and writes the files. It is not the pool of the notifier, where a slow receiver would make Runs
  // wait.
  Notices(NotifierInstance& notifier, std::filesystem::path folder, Workers& workers, const Clock& clock,
          NoticeRecords records);

  // Loads the notices that an earlier process did not deliver. When the folder cannot be read, or another process
  // delivers what waits in it, that is said, and `put` and `work` try again.
  asio::awaitable<void> load();
  // When it returns ok, the Report is durable. A repeated Report of one Run has the same key, so that a receiver can
  // recognise it. A Report whose key is in the queue already is not added again.
  Async<void> put(const Report& report);
  // Delivers until `stop`.
  asio::awaitable<void> work(std::stop_token stop);
  // For a command that is about to end: delivers until nothing is due, a try fails, or `stop`.
  asio::awaitable<void> send_due(std::stop_token stop);
  std::size_t waiting() const { return queue_.size(); }
  NotifierStatus status() const;

 private:
  struct Waiting {
    std::string key, target;  // the target is known once the Report was in memory
    Tries tries;
    std::int64_t next = 0;  // by monotonic_ms(): not before
  };

  // ---- the queue
  asio::awaitable<void> take_over(StoredNotice notice);
  asio::awaitable<void> take_over_all(FolderContent content);
  void say_not_owned(const Result<FolderContent>& content);
  asio::awaitable<void> make_room();
  asio::awaitable<void> drop(std::string key);
  Waiting* find(const std::string& key);
  Waiting* first_due();
  std::optional<std::int64_t> next_try() const;
  std::optional<std::int64_t> next_look() const;
  void forget(const std::string& key);

  // ---- delivery
  asio::awaitable<bool> send(std::string key, std::stop_token stop);
  asio::awaitable<void> end_well(std::string key);
  asio::awaitable<void> end_badly(std::string key, Error why);
  asio::awaitable<void> leave_unread(std::string key, Error why);
  asio::awaitable<void> try_later(std::string key, Error why);
  asio::awaitable<void> park(std::string key, std::string why);
  bool remember_failure(const Error& why);
  std::chrono::milliseconds pause_after(unsigned failures, const Error& why);

  // ---- files, on a worker
  Async<std::string> read(std::string key);
  asio::awaitable<std::string> target_of(std::string key);
  asio::awaitable<void> remove(std::string key);
  asio::awaitable<void> write_tries(std::string key);
  template <class T, class Body>
  Async<T> on_disk(std::string what, Body body);

  void count(std::string_view result, std::size_t times = 1);
  void show_waiting();

  NotifierInstance& notifier_;
  Workers& workers_;
  const Clock& clock_;
  NoticeRecords records_;
  std::shared_ptr<NoticeFolder> folder_;  // shared with calls that may be given up
  Wakeup wakeup_;
  std::minstd_rand random_{std::random_device{}()};
  std::deque<Waiting> queue_;  // oldest first; each is a file
  std::size_t parked_ = 0;
  unsigned failures_ = 0;        // in a row, of any notice
  std::int64_t rest_until_ = 0;  // by monotonic_ms(): the receiver is not asked before
  std::optional<NoticeFailure> failure_;
  std::string failure_reason_;  // of `failure_`, to compare with
  bool owned_ = false;          // this process delivers what waits in the folder
  bool loading_ = false;
  std::int64_t next_load_ = 0;  // by monotonic_ms(), while it is not owned
  std::string not_owned_why_;   // what was said of that
  bool written_off_ = false;    // the notifier did not return: it is not called again
  bool dropping_ = false;       // that the queue is full was said
};

}  // namespace stoker::host
