// What a webhook is made of, without I/O: which addresses may be posted to, the signature, and what an answer means.
#pragma once

#include <stoker/host.hpp>

#include <string>
#include <string_view>

namespace webhook {

struct Endpoint {
  std::string url;
  std::string host;  // for messages: a path may be a credential
};

// https to anybody, http to loopback only unless `allow_http`; never with user information.
stoker::Result<Endpoint> endpoint(std::string_view url, bool allow_http);

// "sha256=<hex HMAC-SHA-256 of body>"
std::string signature(const std::string& key, std::string_view body);

// 2xx is delivered; 429 and 503 come again when the receiver says so; other 5xx come again; the rest is refused for
// good.
stoker::Result<void> judge(const stoker::HttpAnswer& answer, const Endpoint& endpoint);

}  // namespace webhook
