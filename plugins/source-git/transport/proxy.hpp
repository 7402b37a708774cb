// The HTTP proxy for a repository: the one of its entry, otherwise the one of the environment, as git and curl read it.
// [any thread]
#pragma once

#include "address.hpp"

namespace stoker::git {

// "host:port", or empty. `configured`: http://host:port, or "none" for none whatever the environment says.
Result<std::string> proxy_to(const Address& address, const std::string& configured);

// Does NO_PROXY exclude this host? It may contain "*", the host, or a domain of the host.
bool no_proxy_names(std::string_view list, std::string_view host);

}  // namespace stoker::git
