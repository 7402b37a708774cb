// The scan lock of one kind (ignition 2.3): who holds it and until when. Its hold time is real time, never scaled.
// Runs on the loop's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "support/ignition_sim/gateway.hpp"

namespace ignition_sim {

class ScanLock {
 public:
  using Done = std::function<void(int status)>;  // 200 taken, 408 not in time, 409 somebody holds it

  // `stamp` is the timestamp of the first hold. It says nothing of the time: each further hold has another one.
  ScanLock(boost::asio::io_context& loop, std::int64_t stamp, std::function<bool()> scanning,
           std::function<void()> ended);

  // A held lock refuses at once; a scan that has not come to its end is waited for.
  void acquire(const std::string& actor, std::chrono::milliseconds patience, std::chrono::seconds hold, Done done);
  void release();     // whoever holds it
  void scan_ended();  // serves those who wait
  void drop();        // as release, and nobody is told; those who wait get 408
  std::optional<Lock> held() const;

 private:
  struct Waiter {
    std::string actor;
    std::chrono::seconds hold;
    Done done;
    boost::asio::steady_timer patience;
  };
  void take(const std::string& actor, std::chrono::seconds hold);

  boost::asio::io_context& loop_;
  const std::function<bool()> scanning_;
  const std::function<void()> ended_;
  boost::asio::steady_timer expiry_;
  std::optional<Lock> lock_;
  std::int64_t next_stamp_;
  std::list<std::shared_ptr<Waiter>> waiters_;  // shared with the handler of its timer
};

}  // namespace ignition_sim
