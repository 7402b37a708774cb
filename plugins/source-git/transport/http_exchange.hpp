// One HTTP/1.1 request over its own connection, direct or through the proxy, and its response. Redirects are not
// followed, and no credentials are sent but those in the request. Used on the thread of the call.
#pragma once

#include "access.hpp"
#include "http_answer.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace stoker::git {

struct HttpRequest {
  std::string_view method = "GET";
  std::string target;                                             // path and query
  std::vector<std::pair<std::string_view, std::string>> headers;  // in addition to Host, User-Agent and Connection
  std::string_view body = {};                                     // of a POST request
};

// The body of one response, with its connection.
class HttpBody : public ByteStream {
 public:
  explicit HttpBody(std::unique_ptr<ByteStream> connection)
      : connection_(std::move(connection)), answer_(*connection_) {}
  Result<HttpHead> head() { return answer_.head(); }  // call it once, before the body
  Result<std::size_t> read(char* into, std::size_t size) override { return answer_.body(into, size); }
  Result<void> write(std::string_view) override { return Error(errc::internal, "the request is over", "git.internal"); }

 private:
  const std::unique_ptr<ByteStream> connection_;
  HttpAnswer answer_;
};

// `at` is http or https; only its scheme, host and port are used. Fails with the errors of the connection and of TLS.
Result<std::unique_ptr<HttpBody>> http_ask(const Address& at, const Access& access, const Bound& bound,
                                           const HttpRequest& request);

// Adds the login of `access` when `at` is https. Call it only with the access that belongs to `at`. Fails with the
// errors of the server of the app.
Result<void> log_in(const Address& at, const Access& access, const Bound& bound, HttpRequest& request);

// The error for a response other than 200 and a redirect: git.credentials-missing, git.credentials-refused,
// git.forbidden, git.repository-not-found, git.rate-limited, git.server-error, git.bad-request.
Error http_refusal(const HttpHead& head, const Address& at, const Access& access);

// "https://host:port", without the port when it is the scheme's own.
std::string http_origin(const Address& at);

std::string base64(std::string_view bytes);

// How long to wait after a response 429 or 503; a minute when the server does not say.
std::chrono::seconds retry_after(const HttpHead& head);

// The target of a redirect for a message: printable, bounded, and without parts that may be secret.
std::string shown_location(std::string_view location);

}  // namespace stoker::git
