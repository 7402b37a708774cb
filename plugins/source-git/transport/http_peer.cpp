// Git over http and https: a GET for the list of refs and a POST for each step of a fetch, each on its own connection.
// Credentials are sent with the first request, and only to the origin of the URL. A redirect may change only the path.
#include "http_exchange.hpp"
#include "peer.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr int redirects_max = 5;
constexpr std::size_t request_bytes_max = 64 << 20;
constexpr std::string_view list_target = "/info/refs?service=git-upload-pack";

// What the requests of one fetch share. `base` is the path of the repository after the last redirect.
struct Site {
  const Address& address;
  const Access& access;
  const Bound& bound;
  Protocol protocol;
  std::string base;
};

// The path of the repository after a redirect of the list of refs. Fails for a redirect to another origin, or to a URL
// that is not a list of refs.
Result<std::string> redirected(const HttpHead& head, const Site& site) {
  const std::string_view location = head.header("location");
  std::string_view target = location;
  const std::string origin = http_origin(site.address);
  if (target.starts_with(origin + "/")) target.remove_prefix(origin.size());
  const bool here = target.starts_with('/') && !target.starts_with("//");
  const bool plain = std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < 0x7f && c != '#'; });
  if (here && plain && target.ends_with(list_target) && target.size() > list_target.size())
    return std::string(target.substr(0, target.size() - list_target.size()));
  return Error(errc::denied,
               "the server redirects to " + shown_location(location) +
                   "; that is not followed, nor are credentials sent there: write the new URL if it is right",
               "git.redirect-refused");
}

Result<std::unique_ptr<HttpBody>> ask(const Site& site, HttpRequest request) {
  if (auto login = log_in(site.address, site.access, site.bound, request); !login) return std::move(login).error();
  if (site.protocol == Protocol::second) request.headers.emplace_back("Git-Protocol", "version=2");
  return http_ask(site.address, site.access, site.bound, request);
}

Result<HttpHead> accepted(HttpBody& answer, const Site& site, std::string_view type) {
  auto head = answer.head();
  if (!head || (head->status >= 300 && head->status < 400)) return head;
  if (head->status != 200) return http_refusal(*head, site.address, site.access);
  if (!head->header("content-type").starts_with(type))
    return Error(errc::not_found,
                 "the server answers with " + shown_location(head->header("content-type")) +
                     ", not with a repository; is the URL that of a repository, or is there a page to log in?",
                 "git.not-a-repository");
  return head;
}

// The body is collected until the response is read, because its length is sent first.
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
    auto answer = ask(site_, {.method = "POST",
                              .target = site_.base + "/git-upload-pack",
                              .headers = {{"Content-Type", "application/x-git-upload-pack-request"},
                                          {"Accept", "application/x-git-upload-pack-result"}},
                              .body = body_});
    if (!answer) return std::move(answer).error();
    auto got = accepted(**answer, site_, "application/x-git-upload-pack-result");
    if (!got) return std::move(got).error();
    if (got->status != 200)
      return Error(errc::denied,
                   "the server redirects in the middle of a fetch to " + shown_location(got->header("location")),
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
      auto answer = ask(site_, {.target = site_.base + std::string(list_target),
                                .headers = {{"Accept", "application/x-git-upload-pack-advertisement"}}});
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
