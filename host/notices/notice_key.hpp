// The key of a notice: <target>-<run>-<outcome>[-verified][-<digest>]. A receiver recognises a repeat by it, and the
// queue names its files so. A value. [any thread]
#pragma once

#include "host/values/report.hpp"

#include <string>

namespace stoker::host {

// It depends on what the Report says, not on the time when it is sent. Always a safe file name of bounded length.
std::string notice_key(const Report& report);

}  // namespace stoker::host
