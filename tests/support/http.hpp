// A small blocking HTTP client for tests: one connection for each call, no redirects followed. Any thread.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace http_client {

using Headers = std::map<std::string, std::string>;

struct Response {
  int status = 0;  // 0: no answer; `failure` says why
  std::string body;
  std::string type;  // Content-Type
  Headers headers;
  std::string failure;
  bool refused = false;  // nobody listens there
};

constexpr auto kTimeout = std::chrono::seconds(10);

// `url` is http://host:port/path?query; the host may be a name or an IPv4 address.
Response request(const std::string& method, const std::string& url, const std::string& body = {},
                 const Headers& headers = {}, std::chrono::milliseconds timeout = kTimeout);
Response get(const std::string& url, const Headers& headers = {}, std::chrono::milliseconds timeout = kTimeout);
Response post(const std::string& url, const std::string& body = {}, const Headers& headers = {},
              std::chrono::milliseconds timeout = kTimeout);

}  // namespace http_client
