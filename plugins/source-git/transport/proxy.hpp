// The HTTP proxy for a repository: that of its entry, else the environment's, as git and curl read it. Any thread.
#pragma once

#include "address.hpp"

namespace stoker::git {

// "host:port", or empty. `configured`: http://host:port, or "none" for none whatever the environment says.
Result<std::string> proxy_to(const Address& address, const std::string& configured);

// Does NO_PROXY name this host: "*", the host itself, or a domain that it is in.
bool no_proxy_names(std::string_view list, std::string_view host);

}  // namespace stoker::git
