// The return type of a function of the host that may have to wait: a coroutine on the event loop that gives a Result.
#pragma once

#include <stoker/result.hpp>

#include <boost/asio/awaitable.hpp>

namespace stoker::host {

namespace asio = boost::asio;

// gcc 12 frees the members of an aggregate twice when it is a temporary within a co_await. So a struct that may be one
// has a constructor, if only a defaulted one.
template <class T>
using Async = asio::awaitable<Result<T>>;

}  // namespace stoker::host
