// Git over http and https: GET of the list, POST of each step of a fetch, a connection for each. Credentials are sent
// at once and only to the origin that the URL names; a redirect may change the path there and nothing else.
#include "http_answer.hpp"
#include "peer.hpp"
#include "tcp_stream.hpp"
#include "tls_stream.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr int redirects_max = 5;
constexpr std::size_t request_bytes_max = 64 << 20;
constexpr std::size_t remark_bytes_max = 300;
constexpr std::string_view list_target = "/info/refs?service=git-upload-pack";

// Everything that one fetch's requests share. `base` is the repository's path, where the last redirect put it.
struct Site {
  const Address& address;
  const Access& access;
  const Bound& bound;
  Protocol protocol;
  std::string base;
  bool tls() const { return address.scheme == Scheme::https; }
  std::string origin() const { return std::string(tls() ? "https://" : "http://") + authority(address); }
};

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::unique_ptr<ByteStream>> through(const std::string& proxy, const Site& site) {
  const auto colon = proxy.rfind(':');
  auto stream = connect_tcp(proxy.substr(0, colon), proxy.substr(colon + 1), site.bound);
  if (!stream) return std::move(stream).error().in("proxy");
  if (!site.tls()) return stream;
  const bool ipv6 = site.address.host.find(':') != std::string::npos;
  const std::string there = (ipv6 ? "[" + site.address.host + "]" : site.address.host) + ":" + site.address.port;
  if (auto sent = (*stream)->write("CONNECT " + there + " HTTP/1.1\r\nHost: " + there + "\r\n\r\n"); !sent)
    return std::move(sent).error().in("proxy");
  auto head = HttpAnswer(**stream).head();
  if (!head) return std::move(head).error().in("proxy");
  if (head->status != 200)
    return Error(errc::unreachable, "the proxy " + proxy + " answers " + std::to_string(head->status), "git.proxy");
  return stream;
}

Result<std::unique_ptr<ByteStream>> connect(const Site& site) {
  auto stream = site.access.proxy.empty() ? connect_tcp(site.address.host, site.address.port, site.bound)
                                          : through(site.access.proxy, site);
  if (!stream || !site.tls()) return stream;
  return secure(std::move(*stream), site.address.host, site.access);
}

std::string head_of(const Site& site, std::string_view method, const std::string& target) {
  const bool absolute = !site.access.proxy.empty() && !site.tls();
  std::string head = std::string(method) + " " + (absolute ? site.origin() : "") + target +
                     " HTTP/1.1\r\nHost: " + authority(site.address) +
                     "\r\nUser-Agent: git/2.0 (stoker)\r\nConnection: close\r\n";
  if (site.protocol == Protocol::second) head += "Git-Protocol: version=2\r\n";
  if (site.tls() && !site.access.password.empty())
    head += "Authorization: Basic " + base64(site.access.user + ":" + site.access.password.reveal()) + "\r\n";
  return head;
}

// Seconds, as nearly every server writes it; a date counts as the usual minute.
std::chrono::seconds retry_after(const HttpHead& head) {
  constexpr std::chrono::seconds usual{60}, most{3600};
  const std::string_view text = head.header("retry-after");
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failure != std::errc() || end != text.data() + text.size() || seconds < 0) return usual;
  return std::min(std::chrono::seconds(seconds), most);
}

Error refused_with(const HttpHead& head, const Site& site) {
  const bool known = !site.access.password.empty();
  switch (head.status) {
    case 401:
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
      return Error(errc::exhausted, "429: too many requests; the server is left alone for a while", "git.rate-limited")
          .after(retry_after(head));
    case 503:
      return Error(errc::unreachable, "503: the server is not available now", "git.server-error")
          .after(head.header("retry-after").empty() ? std::chrono::seconds(0) : retry_after(head));
    default: break;
  }
  const std::string status = std::to_string(head.status);
  if (head.status >= 500) return Error(errc::unreachable, status + ": the server failed", "git.server-error");
  if (head.status == 400 && site.tls() && site.access.client_certificate.empty())
    return Error(errc::denied, "400: the server refuses the request; it may want a clientCertificate",
                 "git.bad-request");
  return Error(errc::incompatible, status + ": the server refuses the request", "git.bad-request");
}

// Where a redirect goes, without what could be secret in it.
std::string shown(std::string_view location) {
  std::string text(location.substr(0, std::min(location.find_first_of("?#"), remark_bytes_max)));
  if (const auto scheme = text.find("://"); scheme != text.npos) {
    const auto end = std::min(text.find('/', scheme + 3), text.size());
    if (const auto at = text.rfind('@', end); at != text.npos && at > scheme) text.erase(scheme + 3, at - scheme - 2);
  }
  for (char& c : text)
    if (c < ' ' || c > 0x7e) c = '?';
  return text;
}

// The repository's path after a redirect of its list; a redirect to another origin, or to anything else, is refused.
Result<std::string> redirected(const HttpHead& head, const Site& site) {
  const std::string_view location = head.header("location");
  std::string_view target = location;
  const std::string origin = site.origin();
  if (target.starts_with(origin + "/")) target.remove_prefix(origin.size());
  const bool here = target.starts_with('/') && !target.starts_with("//");
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (here && plain && target.ends_with(list_target) && target.size() > list_target.size())
    return std::string(target.substr(0, target.size() - list_target.size()));
  return Error(errc::denied,
               "the server redirects to " + shown(location) +
                   "; that is not followed, nor are credentials sent there: write the new URL if it is right",
               "git.redirect-refused");
}

// The body of one answer, with the connection that it comes over.
class HttpBody : public ByteStream {
 public:
  explicit HttpBody(std::unique_ptr<ByteStream> connection)
      : connection_(std::move(connection)), answer_(*connection_) {}
  Result<HttpHead> head() { return answer_.head(); }
  Result<std::size_t> read(char* into, std::size_t size) override { return answer_.body(into, size); }
  Result<void> write(std::string_view) override { return Error(errc::internal, "the request is over", "git.internal"); }

 private:
  const std::unique_ptr<ByteStream> connection_;
  HttpAnswer answer_;
};

Result<std::unique_ptr<HttpBody>> ask(const Site& site, const std::string& head, std::string_view body) {
  auto connection = connect(site);
  if (!connection) return std::move(connection).error();
  auto& stream = **connection;
  auto answer = std::make_unique<HttpBody>(std::move(*connection));
  auto sent = stream.write(head);
  if (sent) sent = stream.write(body);
  // A server that refuses early may have ended its reading; what it said is better than that.
  if (!sent && sent.error().code != "git.connection-lost") return std::move(sent).error();
  return answer;
}

Result<HttpHead> accepted(HttpBody& answer, const Site& site, std::string_view type) {
  auto head = answer.head();
  if (!head || (head->status >= 300 && head->status < 400)) return head;
  if (head->status != 200) return refused_with(*head, site);
  if (!head->header("content-type").starts_with(type))
    return Error(errc::not_found,
                 "the server answers with " + shown(head->header("content-type")) +
                     ", not with a repository; is the URL that of a repository, or is there a page to log in?",
                 "git.not-a-repository");
  return head;
}

// The body is kept until the answer is asked for, since its length goes first.
class Post : public ByteStream {
 public:
  explicit Post(const Site& site) : site_(site) {}
  Result<void> write(std::string_view bytes) override {
    if (body_.size() + bytes.size() > request_bytes_max)
      return Error(errc::exhausted, "the request is larger than 64 MiB", "git.request-too-large");
    body_.append(bytes);
    return {};
  }
  Result<std::size_t> read(char* into, std::size_t size) override {
    if (!answer_)
      if (auto sent = send(); !sent) return std::move(sent).error();
    return answer_->read(into, size);
  }

 private:
  Result<void> send() {
    const std::string head = head_of(site_, "POST", site_.base + "/git-upload-pack") +
                             "Content-Type: application/x-git-upload-pack-request\r\n"
                             "Accept: application/x-git-upload-pack-result\r\nContent-Length: " +
                             std::to_string(body_.size()) + "\r\n\r\n";
    auto answer = ask(site_, head, body_);
    if (!answer) return std::move(answer).error();
    auto got = accepted(**answer, site_, "application/x-git-upload-pack-result");
    if (!got) return std::move(got).error();
    if (got->status != 200)
      return Error(errc::denied, "the server redirects in the middle of a fetch to " + shown(got->header("location")),
                   "git.redirect-refused");
    answer_ = std::move(*answer);
    return {};
  }
  const Site& site_;
  std::string body_;
  std::unique_ptr<HttpBody> answer_;
};

class HttpPeer : public Peer {
 public:
  HttpPeer(const Address& address, const Access& access, const Bound& bound, Protocol protocol)
      : site_{address, access, bound, protocol, address.path} {}
  bool stateless() const override { return true; }
  Result<std::unique_ptr<ByteStream>> talk(Service service) override {
    if (service == Service::fetch) return std::unique_ptr<ByteStream>(std::make_unique<Post>(site_));
    for (int redirects = 0; redirects <= redirects_max; ++redirects) {
      const std::string head = head_of(site_, "GET", site_.base + std::string(list_target)) +
                               "Accept: application/x-git-upload-pack-advertisement\r\n\r\n";
      auto answer = ask(site_, head, {});
      if (!answer) return std::move(answer).error();
      auto got = accepted(**answer, site_, "application/x-git-upload-pack-advertisement");
      if (!got) return std::move(got).error();
      if (got->status == 200) return std::unique_ptr<ByteStream>(std::move(*answer));
      auto base = redirected(*got, site_);
      if (!base) return std::move(base).error();
      site_.base = std::move(*base);
    }
    return Error(errc::denied, "the server redirects more than five times", "git.redirect-refused");
  }

 private:
  Site site_;
};

}  // namespace

std::unique_ptr<Peer> http_peer(const Address& address, const Access& access, const Bound& bound, Protocol protocol) {
  return std::make_unique<HttpPeer>(address, access, bound, protocol);
}

}  // namespace stoker::git
