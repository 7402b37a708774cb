// See webhook.hpp.
#include "webhook.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace webhook {
namespace {

constexpr std::chrono::seconds retry_after_max{3600};

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six{};
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

// The host in "host", "host:port", "[v6]" or "[v6]:port"; empty when there is none.
std::string host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end == authority.npos ? std::string() : std::string(authority.substr(1, end - 1));
  }
  return std::string(authority.substr(0, authority.find(':')));
}

// Reads only seconds. A date counts as "some time later", because the clock of the receiver may differ from ours.
std::chrono::milliseconds retry_after(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (wrong != std::errc() || end != text.data() + text.size() || seconds < 0) return {};
  return std::min(std::chrono::seconds(seconds), retry_after_max);
}

}  // namespace

stoker::Result<Endpoint> endpoint(std::string_view url, bool allow_http) {
  const auto invalid = [](std::string why) {
    return stoker::Error(stoker::errc::invalid, "settings.url: " + why, "webhook.url");
  };
  const bool https = url.starts_with("https://"), http = url.starts_with("http://");
  if (!https && !http) return invalid("it begins neither with https:// nor with http://");
  if (std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '\\'; }))
    return invalid("it contains white space, a backslash or control characters");
  std::string_view authority = url.substr(https ? 8 : 7);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (authority.find('@') != authority.npos) return invalid("it contains user information; use `secret` instead");
  const std::string host = host_of(authority);
  if (host.empty()) return invalid("it has no host");
  if (http && !allow_http && !is_loopback(host))
    return invalid("plain http to " + host +
                   " can be read by others on the network; use https, or set allowHttp: true");
  return Endpoint{std::string(url), host};
}

std::string signature(const std::string& key, std::string_view body) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(body.data()),
       body.size(), digest.data(), &size);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "sha256=";
  for (unsigned i = 0; i < size; ++i) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

stoker::Result<void> judge(const stoker::HttpAnswer& answer, const Endpoint& endpoint) {
  const unsigned status = answer.status;
  if (status >= 200 && status < 300) return {};
  const std::string message = "webhook: " + endpoint.host + " answered " + std::to_string(status);
  const auto error = [&](stoker::errc kind, std::string_view why, bool again) {
    return stoker::Error(kind, message + std::string(why), "webhook.status-" + std::to_string(status))
        .with_retry(again);
  };
  if (status == 429 || status == 503) {
    const auto kind = status == 429 ? stoker::errc::exhausted : stoker::errc::unreachable;
    return error(kind, "", true).after(retry_after(answer.header("Retry-After")));
  }
  if (status >= 500) return error(stoker::errc::unreachable, "", true);
  if (status >= 300 && status < 400)
    return error(stoker::errc::invalid, "; redirects are not followed, put the final address into settings.url", false);
  if (status == 401 || status == 403) return error(stoker::errc::denied, "", false);
  if (status == 404 || status == 410) return error(stoker::errc::not_found, "", false);
  return error(stoker::errc::invalid, "", false);
}

}  // namespace webhook
