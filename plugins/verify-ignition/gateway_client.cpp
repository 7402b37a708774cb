// GatewayClient over the host's HTTP client, which follows no redirect and bounds every answer.
#include "gateway_client.hpp"

#include <stoker/shorter_call.hpp>

#include <stdexcept>

namespace ignition {
namespace {

using stoker::errc;
using stoker::Error;
using stoker::HttpAnswer;
using stoker::Result;

constexpr std::uint64_t answer_bytes_max = 8u << 20;

bool is_json(const HttpAnswer& answer) { return answer.header("Content-Type").starts_with("application/json"); }

// The cell that stands after "MESSAGE:" in the page that the gateway's web server answers with; else nothing.
std::string message_of_page(const HttpAnswer& answer) {
  constexpr std::size_t bytes_max = 200;
  const std::string_view page = answer.body;
  const std::size_t row = page.find("MESSAGE:");
  const std::size_t open = row == page.npos ? page.npos : page.find("<td>", row);
  const std::size_t close = open == page.npos ? page.npos : page.find("</td>", open);
  if (close == page.npos) return {};
  std::string text;
  for (const char c : page.substr(open + 4, std::min(close - open - 4, bytes_max)))
    text += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? ' ' : c;
  return text;
}

// What a 3xx says. Only a redirect to the welcome page is the gateway's own; others come from a proxy, or lead to https
// or to a login page.
Error redirect(const HttpAnswer& answer, const std::string& what) {
  const std::string to(answer.header("Location"));
  if (answer.status == 302 && to.find("/welcome") != std::string::npos)
    return Error(errc::unreachable, what + ": the gateway waits to be commissioned", std::string(code_commissioning));
  return Error(errc::unreachable,
               what + ": " + std::to_string(answer.status) + " redirects to " +
                   (to.empty() ? "nowhere" : to.substr(0, to.find_first_of("?#"))) +
                   "; set gateway.url to the address where the gateway itself answers",
               std::string(code_redirect));
}

// What the status says about the gateway or the key; nothing when it is the caller's to read.
std::optional<Error> refusal(const HttpAnswer& answer, const std::string& what, const std::string& key) {
  if (answer.status >= 300 && answer.status < 400) return redirect(answer, what);
  const std::string status = status_of(answer, what);
  switch (answer.status) {
    case 401:
      return Error(errc::denied, status + ": the gateway does not know API key '" + key + "'", "ignition.unauthorized");
    case 403:
      return Error(errc::denied, status + ": API key '" + key + "' lacks a permission, or wants https",
                   "ignition.forbidden");
    case 503: return Error(errc::unreachable, status + ": the gateway is starting", std::string(code_starting));
    default: break;
  }
  if (answer.status >= 500) return Error(errc::unreachable, status, "ignition.answer");
  return std::nullopt;
}

}  // namespace

std::string status_of(const HttpAnswer& answer, const std::string& what) {
  const std::string said = message_of_page(answer);
  return what + ": " + std::to_string(answer.status) + (said.empty() ? "" : " (" + said + ")");
}

std::string escaped(std::string_view segment) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : segment) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain)
      text += c;
    else
      (((text += '%') += hex[byte >> 4]) += hex[byte & 15]);
  }
  return text;
}

Address Address::from(const stoker::Config& config) {
  Address address;
  address.url = config.text("/use/gateway/url");
  if (address.url.empty()) throw std::invalid_argument("gateway.url: missing; verify-ignition needs a gateway to ask");
  if (!address.url.starts_with("http://") && !address.url.starts_with("https://"))
    throw std::invalid_argument("gateway.url: must begin with http:// or https://");
  if (address.url.find('@') != std::string::npos)
    throw std::invalid_argument("gateway.url: must not hold a user; the key belongs into gateway.apiKey");
  while (address.url.ends_with('/')) address.url.pop_back();
  std::string key = config.text("/use/gateway/apiKey");
  while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.empty()) throw std::invalid_argument("gateway.apiKey: missing; a scan needs an API key with Write");
  if (key.find(':') == std::string::npos || key.front() == ':' || key.find_first_of("\r\n") != std::string::npos)
    throw std::invalid_argument("gateway.apiKey: must be <name>:<secret>, as the gateway showed it");
  address.key = stoker::Secret(std::move(key));
  address.ca = config.text("/use/gateway/ca");
  return address;
}

bool Address::is_local() const {
  std::string_view host = url;
  host.remove_prefix(host.find("://") + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

Result<HttpAnswer> GatewayClient::send(stoker::Call& call, std::string_view method, std::string_view path,
                                       std::string body, bool with_key, std::chrono::milliseconds patience) const {
  if (auto asked = call.check(); !asked) return std::move(asked).error();
  stoker::HttpRequest request;
  request.method = method;
  request.url = address_.url + std::string(path);
  request.ca = address_.ca;
  request.answer_bytes_max = answer_bytes_max;
  if (with_key) request.headers.emplace_back("X-Ignition-API-Token", address_.key.reveal());
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  const stoker::ShorterCall shorter(call, request_limit + patience);
  stoker::Call limited(&shorter);
  auto answer = http_.send(limited, request);
  if (answer) return answer;
  Error why = std::move(answer).error();
  if (call.cancelled()) return Error(errc::cancelled, "cancelled");
  if (why.code == "http.refused") why.code = code_down;
  return std::move(why).in("ignition: " + std::string(method) + " " + std::string(path));
}

Result<HttpAnswer> GatewayClient::ask(stoker::Call& call, std::string_view path) const {
  auto answer = send(call, "GET", path, {}, false);
  if (answer && answer->status >= 300 && answer->status < 400)
    return redirect(*answer, "ignition: GET " + std::string(path));
  return answer;
}

Result<std::string> GatewayClient::get(stoker::Call& call, std::string_view path) const {
  auto answer = send(call, "GET", path, {}, true);
  if (!answer) return std::move(answer).error();
  const std::string what = "ignition: GET " + std::string(path);
  if (auto error = refusal(*answer, what, address_.key_name())) return *std::move(error);
  if (answer->status == 204) return std::string();
  if (answer->status == 404) return Error(errc::not_found, what + ": not found", "ignition.not-found");
  if (answer->status != 200) return Error(errc::invalid, status_of(*answer, what), "ignition.answer");
  if (!is_json(*answer)) return Error(errc::unreachable, what + ": the answer is no JSON", "ignition.answer");
  return std::move(answer->body);
}

Result<HttpAnswer> GatewayClient::post(stoker::Call& call, std::string_view path, std::string body,
                                       std::chrono::milliseconds patience) const {
  auto answer = send(call, "POST", path, std::move(body), true, patience);
  if (!answer) return answer;
  if (auto error = refusal(*answer, "ignition: POST " + std::string(path), address_.key_name()))
    return *std::move(error);
  return answer;
}

}  // namespace ignition
