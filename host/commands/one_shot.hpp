// One coroutine of a process, from its beginning to its end. SIGTERM and SIGINT ask it to stop.
#pragma once

#include "host/calls/process_guard.hpp"
#include "host/roles/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>

namespace stoker::host {

// `make` gets the token of the stop and gives the coroutine, whose answer is returned.
template <class Answer, class Make>
Answer one_shot(Process& process, Make make) {
  std::stop_source stop;
  asio::signal_set signals(process.loop, SIGTERM, SIGINT);
  keep_signal_actions();
  signals.async_wait([&stop](const boost::system::error_code& error, int) {
    if (!error) stop.request_stop();
  });
  Answer answer;
  std::exception_ptr thrown;
  asio::co_spawn(process.loop, make(stop.get_token()), [&](std::exception_ptr defect, Answer came) {
    thrown = defect;
    if (!thrown) answer = std::move(came);
    signals.cancel();
  });
  process.loop.run();
  forget_signal_actions();
  if (thrown) std::rethrow_exception(thrown);  // a defect of the program: main prints it
  return answer;
}

}  // namespace stoker::host
