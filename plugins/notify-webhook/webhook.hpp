// The parts of a webhook without I/O: which addresses are allowed, the signature, and what an answer means.
#pragma once

#include <stoker/host.hpp>

#include <string>
#include <string_view>

namespace webhook {

struct Endpoint {
  std::string url;
  std::string host;  // shown in messages; the path is not, because it may be a credential
};

// Accepts https to any host, and http only to loopback unless `allow_http`. Never accepts user information.
stoker::Result<Endpoint> endpoint(std::string_view url, bool allow_http);

// "sha256=<hex HMAC-SHA-256 of body>"
std::string signature(const std::string& key, std::string_view body);

// 2xx: delivered. 429 and 503: tried again when the receiver says so. Other 5xx: tried again. Any other status: refused
// for good.
stoker::Result<void> judge(const stoker::HttpAnswer& answer, const Endpoint& endpoint);

}  // namespace webhook
