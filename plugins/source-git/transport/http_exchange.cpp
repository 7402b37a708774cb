#include "http_exchange.hpp"

#include "github_app.hpp"
#include "tcp_stream.hpp"
#include "tls_stream.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr std::size_t location_bytes_max = 300;

bool in_tls(const Address& at) { return at.scheme == Scheme::https; }

Result<std::unique_ptr<ByteStream>> through(const std::string& proxy, const Address& at, const Bound& bound) {
  const auto colon = proxy.rfind(':');
  auto stream = connect_tcp(proxy.substr(0, colon), proxy.substr(colon + 1), bound);
  if (!stream) return std::move(stream).error().in("proxy");
  if (!in_tls(at)) return stream;
  const std::string there = (at.host.find(':') == at.host.npos ? at.host : "[" + at.host + "]") + ":" + at.port;
  if (auto sent = (*stream)->write("CONNECT " + there + " HTTP/1.1\r\nHost: " + there + "\r\n\r\n"); !sent)
    return std::move(sent).error().in("proxy");
  auto head = HttpAnswer(**stream).head();
  if (!head) return std::move(head).error().in("proxy");
  if (head->status != 200)
    return Error(errc::unreachable, "the proxy " + proxy + " answers " + std::to_string(head->status), "git.proxy");
  return stream;
}

Result<std::unique_ptr<ByteStream>> connect(const Address& at, const Access& access, const Bound& bound) {
  auto stream = access.proxy.empty() ? connect_tcp(at.host, at.port, bound) : through(access.proxy, at, bound);
  if (!stream || !in_tls(at)) return stream;
  return secure(std::move(*stream), at.host, access);
}

std::string head_of(const Address& at, const Access& access, const HttpRequest& request) {
  const bool absolute = !access.proxy.empty() && !in_tls(at);
  std::string head = std::string(request.method) + " " + (absolute ? http_origin(at) : "") + request.target +
                     " HTTP/1.1\r\nHost: " + authority(at) +
                     "\r\nUser-Agent: git/2.0 (stoker)\r\nConnection: close\r\n";
  for (const auto& [name, text] : request.headers) head += std::string(name) + ": " + text + "\r\n";
  if (request.method == "POST") head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return head + "\r\n";
}

}  // namespace

Result<std::unique_ptr<HttpBody>> http_ask(const Address& at, const Access& access, const Bound& bound,
                                           const HttpRequest& request) {
  auto connection = connect(at, access, bound);
  if (!connection) return std::move(connection).error();
  auto& stream = **connection;
  auto answer = std::make_unique<HttpBody>(std::move(*connection));
  auto sent = stream.write(head_of(at, access, request));
  if (sent) sent = stream.write(request.body);
  // A server that refuses early may have stopped reading. Its response explains more than the failed write.
  if (!sent && sent.error().code != "git.connection-lost") return std::move(sent).error();
  return answer;
}

std::string http_origin(const Address& at) { return std::string(in_tls(at) ? "https://" : "http://") + authority(at); }

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// Reads seconds, as nearly every server sends them. A date counts as the default of a minute.
std::chrono::seconds retry_after(const HttpHead& head) {
  constexpr std::chrono::seconds usual{60}, most{3600};
  const std::string_view text = head.header("retry-after");
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size() || seconds < 0) return usual;
  return std::min(std::chrono::seconds(seconds), most);
}

Result<void> log_in(const Address& at, const Access& access, const Bound& bound, HttpRequest& request) {
  if (!in_tls(at) || !access.has_login()) return {};
  std::string user = access.user, password = access.password.reveal();
  if (access.app) {
    auto token = access.app->token(bound);
    if (!token) return std::move(token).error();
    user = token_user;
    password = token->reveal();
  }
  request.headers.emplace_back("Authorization", "Basic " + base64(user + ":" + password));
  return {};
}

Error http_refusal(const HttpHead& head, const Address& at, const Access& access) {
  const bool known = access.has_login();
  switch (head.status) {
    case 401:
      if (access.app) access.app->forget();
      return known ? Error(errc::denied, "401: the credentials are refused; are they expired, or revoked?",
                           "git.credentials-refused")
                   : Error(errc::denied, "401: the server wants credentials; give them as git.auth",
                           "git.credentials-missing");
    case 403:
      return Error(errc::denied,
                   "403: the credentials are known and may not read this repository, or the server forbids this "
                   "machine; check the token's rights",
                   "git.forbidden");
    case 404:
    case 410:
      return Error(errc::not_found,
                   std::to_string(head.status) + ": no such repository; servers also say so when credentials are " +
                       (known ? "not allowed to see it" : "missing: give them as git.auth"),
                   "git.repository-not-found");
    case 429:
      return Error(errc::exhausted, "429: too many requests; no request is sent to the server for a while",
                   "git.rate-limited")
          .after(retry_after(head));
    case 503:
      return Error(errc::unreachable, "503: the server is not available now", "git.server-error")
          .after(head.header("retry-after").empty() ? std::chrono::seconds(0) : retry_after(head));
    default: break;
  }
  const std::string status = std::to_string(head.status);
  if (head.status >= 500) return Error(errc::unreachable, status + ": the server failed", "git.server-error");
  if (head.status == 400 && in_tls(at) && access.client_certificate.empty())
    return Error(errc::denied, "400: the server refuses the request; it may want a clientCertificate",
                 "git.bad-request");
  return Error(errc::incompatible, status + ": the server refuses the request", "git.bad-request");
}

std::string shown_location(std::string_view location) {
  std::string text(location.substr(0, std::min(location.find_first_of("?#"), location_bytes_max)));
  if (const auto scheme = text.find("://"); scheme != text.npos) {
    const auto end = std::min(text.find('/', scheme + 3), text.size());
    if (const auto at = text.rfind('@', end); at != text.npos && at > scheme) text.erase(scheme + 3, at - scheme - 2);
  }
  for (char& c : text)
    if (c < ' ' || c > 0x7e) c = '?';
  return text;
}

}  // namespace stoker::git
