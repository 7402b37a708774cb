#include "github_app.hpp"

#include "http_exchange.hpp"
#include "libgit2.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>
#include <thread>

namespace stoker::git {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Signing = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using std::chrono::system_clock;

constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr auto exchange_limit = std::chrono::seconds(30);
constexpr auto before_the_end = std::chrono::minutes(5);
constexpr auto waiting_look = std::chrono::milliseconds(20);
constexpr std::string_view public_api = "https://api.github.com";

Key key_of(const Secret& pem) {
  const std::unique_ptr<BIO, Freed<BIO_free>> text(
      BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  Key key(PEM_read_bio_PrivateKey(
      text.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
  ERR_clear_error();
  return key;
}

std::string base64_url(std::string_view bytes) {
  std::string text = base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

// The token that proves that we have the key: RFC 7519, signed with RS256. It is valid from a minute ago, because
// clocks differ.
Result<std::string> proof(const GithubIdentity& identity) {
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::seconds>(system_clock::now().time_since_epoch()).count();
  const std::string said = base64_url(R"({"alg":"RS256","typ":"JWT"})") + "." +
                           base64_url(R"({"iat":)" + std::to_string(now - 60) + R"(,"exp":)" +
                                      std::to_string(now + 540) + R"(,"iss":")" + identity.app_id + R"("})");
  const Key key = key_of(identity.private_key);
  const Signing signing(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(said.data());
  std::size_t size = 0;
  if (!key || EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(signing.get(), nullptr, &size, bytes, said.size()) != 1)
    return Error(errc::internal, "the app's key cannot sign", "git.internal");
  std::string signature(size, '\0');
  if (EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, said.size()) != 1)
    return Error(errc::internal, "the app's key cannot sign", "git.internal");
  signature.resize(size);
  return said + "." + base64_url(signature);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() < 20 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error invalid(std::string why) {
  return Error(errc::invalid, "git: githubApp: " + std::move(why), "git.github-app-invalid");
}

// The text of the server may repeat what it was sent, so it is not used in the message.
Error refused(const HttpHead& head) {
  const std::string status = std::to_string(head.status);
  if (head.status == 429 || (head.status == 403 && !head.header("retry-after").empty()))
    return Error(errc::exhausted, status + ": too many requests; no request is sent to the server for a while",
                 "git.rate-limited")
        .after(retry_after(head));
  if (head.status >= 500) return Error(errc::unreachable, status + ": the server failed", "git.server-error");
  if (head.status >= 300 && head.status < 400)
    return Error(errc::denied, status + ": the server redirects, which is not followed; write the final URL",
                 "git.redirect-refused");
  const char* why = head.status == 401   ? "the app is not known by this key; check appId, privateKey and the clock"
                    : head.status == 404 ? "the app has no such installation; check installationId"
                    : head.status == 403 ? "the installation is suspended, or may not make tokens"
                                         : "no token is given";
  return Error(errc::denied, status + ": " + why, "git.github-app-refused");
}

}  // namespace

Result<GithubIdentity> read_github_app(const Config& config, const std::string& at) {
  GithubIdentity read{
      config.text(at + "/appId"), config.text(at + "/installationId"), config.secret(at + "/privateKey"), {}};
  if (!is_number(read.app_id) || !is_number(read.installation_id))
    return invalid("appId and installationId have to be numbers");
  if (const Key key = key_of(read.private_key); !key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA)
    return invalid("privateKey is not an RSA key in PEM without a passphrase; GitHub gives one as a .pem file");
  std::string url = config.text(at + "/apiBaseURL");
  if (url.empty()) url = public_api;
  while (url.ends_with('/')) url.pop_back();
  auto api = parse_address(url + "/-", false);  // "/-" is added, because parse_address needs a path
  if (!api) return std::move(api).error().in("githubApp.apiBaseURL");
  if (api->scheme != Scheme::https) return invalid("apiBaseURL has to begin with https://");
  api->url = url;
  api->path.resize(api->path.size() - 2);
  read.api = std::move(*api);
  const std::vector<std::string> allowed = config.keys("/settings/githubApiHosts");
  const bool listed = std::any_of(allowed.begin(), allowed.end(), [&](const std::string& index) {
    return config.text("/settings/githubApiHosts/" + index) == authority(read.api);
  });
  if (listed || http_origin(read.api) == public_api) return read;
  return Error(errc::denied,
               "git: githubApp: apiBaseURL names " + authority(read.api) +
                   ", which is not allowed on this machine; if it is right, add it to settings.githubApiHosts",
               "git.github-host");
}

Result<Secret> GithubApp::token(const Bound& bound) {
  const auto good = [this]() -> std::optional<Secret> {
    const std::lock_guard lock(mutex_);
    if (token_.text.empty() || system_clock::now() + before_the_end >= token_.end) return std::nullopt;
    return token_.text;
  };
  if (auto now = good()) return std::move(*now);
  std::unique_lock asking(asking_, std::defer_lock);
  while (!asking.try_lock_for(waiting_look))
    if (auto may = bound.check(); !may) return std::move(may).error();
  if (auto now = good()) return std::move(*now);  // the token that a caller before us has fetched
  auto made = exchange(Bound(bound.call(), std::min<std::chrono::milliseconds>(bound.remaining(), exchange_limit)));
  if (!made) return std::move(made).error().in("githubApp: " + identity_.api.url);
  const std::lock_guard lock(mutex_);
  token_ = std::move(*made);
  return token_.text;
}

void GithubApp::forget() {
  const std::lock_guard lock(mutex_);
  token_ = {};
}

Result<GithubApp::Token> GithubApp::exchange(const Bound& bound) const {
  auto ours = proof(identity_);
  if (!ours) return std::move(ours).error();
  auto answer =
      http_ask(identity_.api, way_, bound,
               {.method = "POST",
                .target = identity_.api.path + "/app/installations/" + identity_.installation_id + "/access_tokens",
                .headers = {{"Authorization", "Bearer " + *ours},
                            {"Accept", "application/vnd.github+json"},
                            {"X-GitHub-Api-Version", "2022-11-28"}},
                .body = {}});
  if (!answer) return std::move(answer).error();
  auto head = (*answer)->head();
  if (!head) return std::move(head).error();
  if (head->status != 201) return refused(*head);
  auto text = rest_of(**answer, answer_bytes_max);
  if (!text) return std::move(text).error();
  return read(*text);
}

Result<GithubApp::Token> GithubApp::read(const std::string& answer) const {
  Token token{Secret(host_.value(answer, "/token").value_or("")), {}};
  const std::string time = host_.value(answer, "/expires_at").value_or("");
  std::tm end{};
  const char* rest = ::strptime(time.c_str(), "%Y-%m-%dT%H:%M:%SZ", &end);
  const std::string& text = token.text.reveal();
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (text.empty() || !plain || !rest || *rest)
    return Error(errc::incompatible, "the answer has no token with a time; is this the API of a GitHub server?",
                 "git.github-answer");
  token.end = system_clock::from_time_t(::timegm(&end));
  return token;
}

}  // namespace stoker::git
