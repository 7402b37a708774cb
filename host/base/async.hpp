// What a function of the host answers that may have to wait: a coroutine of the event loop with a Result.
#pragma once

#include <stoker/result.hpp>

#include <boost/asio/awaitable.hpp>

namespace stoker::host {

namespace asio = boost::asio;

template <class T>
using Async = asio::awaitable<Result<T>>;

}  // namespace stoker::host
