// One request of HTTP/1.1 over a connection of its own, straight or through the proxy, and its answer. Nothing is
// followed, and no credentials are sent but those that the request names. One call's thread.
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
  std::vector<std::pair<std::string_view, std::string>> headers;  // beside Host, User-Agent and Connection
  std::string_view body = {};                                     // of a POST
};

// The body of one answer, with the connection that it comes over.
class HttpBody : public ByteStream {
 public:
  explicit HttpBody(std::unique_ptr<ByteStream> connection)
      : connection_(std::move(connection)), answer_(*connection_) {}
  Result<HttpHead> head() { return answer_.head(); }  // once, before the body
  Result<std::size_t> read(char* into, std::size_t size) override { return answer_.body(into, size); }
  Result<void> write(std::string_view) override { return Error(errc::internal, "the request is over", "git.internal"); }

 private:
  const std::unique_ptr<ByteStream> connection_;
  HttpAnswer answer_;
};

// `at` is http or https; of it scheme, host and port count. Failures are those of the connection and of TLS.
Result<std::unique_ptr<HttpBody>> http_ask(const Address& at, const Access& access, const Bound& bound,
                                           const HttpRequest& request);

// Adds the login of `access`, when `at` is https: to be called only with the access that belongs to `at`. Failures are
// those of the app's server.
Result<void> log_in(const Address& at, const Access& access, const Bound& bound, HttpRequest& request);

// What an answer other than 200 and a redirect means: git.credentials-missing, git.credentials-refused, git.forbidden,
// git.repository-not-found, git.rate-limited, git.server-error, git.bad-request.
Error http_refusal(const HttpHead& head, const Address& at, const Access& access);

// "https://host:port", without the port when it is the scheme's own.
std::string http_origin(const Address& at);

std::string base64(std::string_view bytes);

// How long a server that answers 429 or 503 wants to be left alone; a minute where it does not say.
std::chrono::seconds retry_after(const HttpHead& head);

// Where a redirect goes, for a message: printable, bounded, without what could be secret in it.
std::string shown_location(std::string_view location);

}  // namespace stoker::git
