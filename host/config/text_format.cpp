// See text_format.hpp.
#include "host/config/text_format.hpp"

#include "host/config/validation.hpp"

#include <stoker/duration.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace stoker::host {
namespace {

bool is_hostname(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text[0] != '-' && text[0] != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.'; });
}

bool is_uri(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || end == 0 || !std::isalpha(static_cast<unsigned char>(text[0]))) return false;
  const bool scheme = std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end),
                                  [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '-' || c == '.'; });
  return scheme && end + 3 < text.size() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c != 127; });
}

bool is_this_machine(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

// An http or https URL with a host, without a user, white space and backslashes. `private_only`: over plain http only
// to this machine, because others on the way can read it.
bool is_web_url(std::string_view text, bool private_only) {
  const bool https = text.starts_with("https://"), http = text.starts_with("http://");
  if (!is_uri(text) || (!https && !http) || text.find('\\') != text.npos) return false;
  std::string_view authority = text.substr(https ? 8 : 7);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const std::size_t end = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
  const std::string_view host = authority.substr(0, end);
  if (host.empty() || authority.find('@') != authority.npos) return false;
  return https || !private_only || is_this_machine(host);
}

}  // namespace

std::string_view not_of_format(std::string_view format, std::string_view text) {
  if (format == "duration" && !parse_duration(text)) return "a duration such as 60s";
  if (format == "bytes" && !parse_bytes(text)) return "a number of bytes such as 64Mi";
  if (format == "uri" && !is_uri(text)) return "a URL such as https://example.com";
  if (format == "web-url" && !is_web_url(text, false)) return "an http or https URL without a user";
  if (format == "https-url" && !is_web_url(text, true)) return "an https URL without a user; http only to this machine";
  if (format == "hostname" && !is_hostname(text)) return "a host name such as example.com";
  if (format == "secret-name" && !is_secret_name(text)) return "a plain file name of at most 64 characters";
  return {};
}

std::optional<double> size_of(std::string_view format, std::string_view text) {
  if (format == "duration")
    if (const auto time = parse_duration(text)) return static_cast<double>(time->count());
  if (format == "bytes")
    if (const auto bytes = parse_bytes(text)) return static_cast<double>(*bytes);
  return std::nullopt;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure != std::errc() || end == text.data()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit units[] = {
      {"", 1},         {"k", 1000},     {"M", 1000'000}, {"G", 1000'000'000},           {"T", 1000'000'000'000},
      {"Ki", 1 << 10}, {"Mi", 1 << 20}, {"Gi", 1 << 30}, {"Ti", std::uint64_t(1) << 40}};
  for (const Unit& known : units) {
    if (known.name != unit) continue;
    if (count > UINT64_MAX / known.bytes) return std::nullopt;
    return count * known.bytes;
  }
  return std::nullopt;
}

}  // namespace stoker::host
