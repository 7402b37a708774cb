#include "lfs_server.hpp"

#include "transport/peer.hpp"

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr std::size_t headers_max = 32;
constexpr std::size_t url_bytes_max = 16384;
constexpr int redirects_max = 5;
constexpr std::string_view media_type = "application/vnd.git-lfs+json";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_header_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

// Headers of the connection, of the length of the request and of the format of the answer, which this client sets
// itself.
bool is_ours_to_say(std::string_view name) {
  constexpr std::string_view ours[] = {"host",       "connection",      "content-length", "transfer-encoding",
                                       "te",         "trailer",         "upgrade",        "expect",
                                       "keep-alive", "accept-encoding", "range",          "user-agent"};
  const std::string small = lower(name);
  return small.starts_with("proxy-") || std::find(std::begin(ours), std::end(ours), small) != std::end(ours);
}

bool is_redirect(int status) { return status >= 300 && status < 400 && status != 304; }

bool same_origin(const Address& a, const Address& b) { return http_origin(a) == http_origin(b); }

Error bad_answer(std::string_view why) {
  return Error(errc::incompatible, "the server's answer " + std::string(why), "git.lfs-answer");
}

Error missing(int status) {
  return Error(errc::not_found,
               std::to_string(status) + ": the server does not have this file's content; was it ever pushed there?",
               "git.lfs-object-missing");
}

Error step_refused(std::string_view where) {
  return Error(errc::denied, "the server redirects to " + shown_location(where) + "; this redirect is not followed",
               "git.redirect-refused");
}

// Never follow from TLS to plain http, where others can read the traffic and act as the server.
bool is_step_down(const Address& from, const Address& to) {
  return from.scheme == Scheme::https && to.scheme != Scheme::https;
}

std::string wish_for(const Pointer& pointer) {
  return R"({"operation":"download","transfers":["basic"],"hash_algo":"sha256","objects":[{"oid":")" + pointer.oid +
         R"(","size":)" + std::to_string(pointer.bytes) + "}]}";
}

}  // namespace

// No value unless it is an absolute http or https URL without credentials.
std::optional<LfsServer::Place> LfsServer::place_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (url.size() > url_bytes_max || !is_visible(url) || scheme == url.npos) return std::nullopt;
  const std::string_view origin = url.substr(0, url.find_first_of("/?#", scheme + 3));
  std::string_view target = url.substr(origin.size());
  target = target.substr(0, target.find('#'));
  auto at = parse_address(std::string(origin) + "/-",
                          false);  // "/-" is added, because the path may be empty and parse_address needs one
  if (!at || (at->scheme != Scheme::https && at->scheme != Scheme::http)) return std::nullopt;
  at->url = http_origin(*at);
  at->path = target.starts_with('/') ? target.substr(0, target.find('?')) : "/";
  return Place{std::move(*at), (target.starts_with('/') ? "" : "/") + std::string(target), {}, true};
}

// For another host, only the authorities and the proxy of its entry are used, not its credentials.
Result<Access> LfsServer::way_to(const Address& at) const {
  auto whole = rights_.to(at);
  if (!whole) return whole;
  Access way;
  way.ca = std::move(whole->ca);
  way.proxy = std::move(whole->proxy);
  return way;
}

Result<LfsServer::Endpoint> LfsServer::endpoint(const Bound& bound) const {
  if (address_.scheme == Scheme::ssh) return named_by_ssh(bound);
  if (address_.scheme != Scheme::https && address_.scheme != Scheme::http)
    return Error(errc::not_found, "git:// has no Git LFS server; use the https or ssh URL of the repository",
                 "git.lfs-no-server");
  const std::string base = address_.path + (address_.path.ends_with(".git") ? "" : ".git");
  return Endpoint{{address_, base + "/info/lfs/objects/batch", {}, true}, access_, true};
}

Result<LfsServer::Endpoint> LfsServer::named_by_ssh(const Bound& bound) const {
  auto answer = lfs_authenticate(address_, access_, bound);
  if (!answer) return std::move(answer).error();
  std::string url = said(*answer, "/href");
  while (url.ends_with('/')) url.pop_back();
  auto place = place_of(url);
  if (!place || place->at.scheme != Scheme::https || place->target != place->at.path)
    return bad_answer("to git-lfs-authenticate has no https URL as href");
  auto headers = headers_at(*answer, "/header");
  if (!headers) return std::move(headers).error();
  auto way = way_to(place->at);
  if (!way) return std::move(way).error();
  place->target += "/objects/batch";
  place->headers = std::move(*headers);
  place->login_fits = false;  // the headers that ssh gave are the only credentials
  return Endpoint{std::move(*place), std::move(*way), false};
}

// One request to a place. It carries the login of the endpoint only when the place is at the same origin.
Result<std::unique_ptr<HttpBody>> LfsServer::ask(const Bound& bound, const Endpoint& endpoint, const Place& place,
                                                 HttpRequest request) const {
  request.target = place.target;
  bool has_login = false;
  const auto add = [&](const Headers& headers) {
    for (const auto& [name, text] : headers) {
      request.headers.emplace_back(name, text);
      has_login = has_login || lower(name) == "authorization";
    }
  };
  add(place.headers);
  if (!same_origin(place.at, endpoint.place.at)) {
    auto way = way_to(place.at);
    if (!way) return std::move(way).error();
    return http_ask(place.at, *way, bound, request);
  }
  if (place.login_fits && !has_login) {
    if (!endpoint.own) add(endpoint.place.headers);
    auto login = endpoint.own ? log_in(address_, access_, bound, request) : Result<void>();
    if (!login) return std::move(login).error();
  }
  return http_ask(place.at, endpoint.access, bound, request);
}

Result<LfsServer::Place> LfsServer::batch(const Bound& bound, const Endpoint& endpoint, const Pointer& pointer) const {
  const std::string wish = wish_for(pointer);
  auto answer = ask(bound, endpoint, endpoint.place,
                    {.method = "POST",
                     .target = {},
                     .headers = {{"Accept", std::string(media_type)}, {"Content-Type", std::string(media_type)}},
                     .body = wish});
  if (!answer) return std::move(answer).error();
  auto head = (*answer)->head();
  if (!head) return std::move(head).error();
  switch (head->status) {
    case 200: break;
    case 404:
    case 405:
    case 410:
    case 501:
      return Error(errc::not_found,
                   std::to_string(head->status) + ": the server has none for this repository, or does not show it",
                   "git.lfs-no-server");
    default:
      if (is_redirect(head->status)) return step_refused(head->header("location"));
      return refusal(*head, endpoint, endpoint.place.at);
  }
  auto text = rest_of(**answer, answer_bytes_max);
  if (!text) return std::move(text).error();
  return read_batch(endpoint, *text, pointer);
}

Result<LfsServer::Place> LfsServer::read_batch(const Endpoint& endpoint, const std::string& answer,
                                               const Pointer& pointer) const {
  if (said(answer, "/objects/0/oid") != pointer.oid) return bad_answer("does not speak of this file");
  const std::string failure = said(answer, "/objects/0/error/code");
  HttpHead head;
  std::from_chars(failure.data(), failure.data() + failure.size(), head.status);
  if (head.status != 0) {
    if (head.status == 404 || head.status == 410) return missing(head.status);
    return refusal(head, endpoint, endpoint.place.at);
  }
  const std::string transfer = said(answer, "/transfer"), hash = said(answer, "/hash_algo");
  if ((!transfer.empty() && transfer != "basic") || (!hash.empty() && hash != "sha256"))
    return bad_answer("wants a way of transfer that was not offered");
  const std::string url = said(answer, "/objects/0/actions/download/href");
  auto place = place_of(url);
  if (!place) return bad_answer("has no URL to download this file from");
  if (is_step_down(endpoint.place.at, place->at)) return step_refused(url);
  auto headers = headers_at(answer, "/objects/0/actions/download/header");
  if (!headers) return std::move(headers).error();
  place->headers = std::move(*headers);
  place->login_fits = said(answer, "/objects/0/authenticated") != "true";  // the URL itself carries the right to read
  return std::move(*place);
}

// A server may omit a field, or write it as empty or null.
std::string LfsServer::said(const std::string& answer, const std::string& pointer) const {
  std::string text = host_.value(answer, pointer).value_or("");
  return text == "null" ? std::string() : text;
}

Result<LfsServer::Headers> LfsServer::headers_at(const std::string& answer, const std::string& pointer) const {
  Headers headers;
  const std::vector<std::string> names = host_.keys(answer, pointer);
  if (names.size() > headers_max) return bad_answer("wants more than 32 headers");
  for (const std::string& name : names) {
    if (!is_header_name(name)) return bad_answer("wants a header that is none");
    if (is_ours_to_say(name)) continue;
    std::string text = said(answer, pointer + "/" + name);
    if (!is_header_text(text)) return bad_answer("wants a header with control characters");
    headers.emplace_back(name, std::move(text));
  }
  return headers;
}

// Only at the server of the repository can the user correct the credentials. Its request to wait counts for git too.
Error LfsServer::refusal(const HttpHead& head, const Endpoint& endpoint, const Address& at) const {
  const bool here = same_origin(at, endpoint.place.at), own = here && endpoint.own;
  if (own || (head.status != 401 && head.status != 403)) {
    Error why = http_refusal(head, at, own ? access_ : Access());
    if (here) quiet_.keep(why);
    return why;
  }
  return Error(
      errc::denied,
      std::to_string(head.status) + ": the credentials that the Git LFS server gave for this download are refused",
      "git.forbidden");
}

Result<std::unique_ptr<HttpBody>> LfsServer::download(const Bound& bound, const Endpoint& endpoint, Place place) const {
  for (int redirects = 0; redirects <= redirects_max; ++redirects) {
    const std::string origin = http_origin(place.at);
    auto answer = ask(bound, endpoint, place, {});
    if (!answer) return std::move(answer).error().in("download from " + origin);
    auto head = (*answer)->head();
    if (!head) return std::move(head).error().in("download from " + origin);
    if (head->status == 200) return answer;
    if (head->status == 404 || head->status == 410) return missing(head->status).in("download from " + origin);
    if (!is_redirect(head->status)) return refusal(*head, endpoint, place.at).in("download from " + origin);
    const std::string_view location = head->header("location");
    auto next =
        place_of((location.starts_with('/') && !location.starts_with("//") ? origin : "") + std::string(location));
    if (!next || is_step_down(place.at, next->at)) return step_refused(location);
    if (same_origin(place.at, next->at)) next->headers = std::move(place.headers);
    next->login_fits = place.login_fits && same_origin(place.at, next->at);
    place = std::move(*next);
  }
  return Error(errc::denied, "the server redirects more than five times", "git.redirect-refused");
}

Result<std::unique_ptr<HttpBody>> LfsServer::open(const Bound& bound, const Pointer& pointer) const {
  if (auto may = quiet_.check(); !may) return std::move(may).error();
  auto endpoint = this->endpoint(bound);
  if (!endpoint) return std::move(endpoint).error();
  auto place = batch(bound, *endpoint, pointer);
  if (!place) return std::move(place).error();
  return download(bound, *endpoint, std::move(*place));
}

}  // namespace stoker::git
