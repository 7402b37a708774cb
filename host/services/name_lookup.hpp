// Addresses of a host name, without waiting longer than one may: the system's look-up cannot be interrupted, so it runs
// on a thread of its own that is abandoned when nobody waits any more. [worker]
#pragma once

#include <stoker/result.hpp>

#include <boost/asio/ip/address.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

inline constexpr int name_lookups_max = 16;  // at a time in this process, abandoned ones included

// At least one address, literals without a look-up; or code http.dns; or what `stop` said, which is asked several times
// a second.
Result<std::vector<boost::asio::ip::address>> addresses_of(const std::string& name,
                                                           const std::function<std::optional<Error>()>& stop);

}  // namespace stoker::host
