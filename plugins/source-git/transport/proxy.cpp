#include "proxy.hpp"

#include <algorithm>
#include <cstdlib>

namespace stoker::git {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  if (!value || !*value) value = otherwise ? std::getenv(otherwise) : nullptr;
  return value ? value : "";
}

}  // namespace

bool no_proxy_names(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one == "*") return true;
    if (one.starts_with('.')) one.remove_prefix(1);
    if (one.empty() || !host.ends_with(one)) continue;
    if (host.size() == one.size() || host[host.size() - one.size() - 1] == '.') return true;
  }
  return false;
}

Result<std::string> proxy_to(const Address& address, const std::string& configured) {
  const bool tls = address.scheme == Scheme::https;
  if ((!tls && address.scheme != Scheme::http) || configured == "none") return std::string();
  std::string text = configured;
  if (text.empty() && !no_proxy_names(environment("no_proxy", "NO_PROXY"), address.host))
    text = tls ? environment("https_proxy", "HTTPS_PROXY") : environment("http_proxy", nullptr);
  if (text.empty()) return text;
  if (text.find("://") == text.npos) text.insert(0, "http://");
  while (text.ends_with('/')) text.pop_back();
  auto proxy = parse_address(text + "/-", false);
  if (!proxy || proxy->scheme != Scheme::http || proxy->path != "/-")
    return Error(errc::invalid, "git: " + address.url + ": the proxy is not http://host:port without credentials",
                 "git.proxy-invalid");
  return proxy->host + ":" + proxy->port;
}

}  // namespace stoker::git
