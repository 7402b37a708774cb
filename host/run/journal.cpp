#include "host/run/journal.hpp"

namespace stoker::host {

Async<std::vector<Note>> Journal::apply(std::string run) {
  may_be_open_ = true;
  auto applied = co_await strategy_.apply(std::move(run));
  may_be_open_ = !applied && applied.error() != errc::conflict;
  co_return applied;
}

Async<PutBack> Journal::revert(std::string run) {
  may_be_open_ = true;
  auto reverted = co_await strategy_.revert(std::move(run));
  may_be_open_ = !reverted;
  co_return reverted;
}

Async<Recovered> Journal::recover(std::string keep) {
  may_be_open_ = true;
  auto recovered = co_await strategy_.recover(std::move(keep));
  may_be_open_ = !recovered;
  co_return recovered;
}

}  // namespace stoker::host
