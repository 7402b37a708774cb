// Does anybody listen at a URL? One TCP connection, over which nothing is sent. Blocks. [worker]
#pragma once

#include <stoker/result.hpp>

#include <chrono>
#include <string>

namespace stoker::host {

// The error says neither the URL nor a part of it.
Result<void> connects(const std::string& url, std::chrono::milliseconds deadline);

}  // namespace stoker::host
