#include "access.hpp"

#include "github_app.hpp"
#include "proxy.hpp"
#include "ssh_keys.hpp"
#include "tls_stream.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::size_t near_misses_said_max = 3;

bool same_server(const Address& a, const Address& b) {
  return a.scheme == b.scheme && a.host == b.host && a.port == b.port;
}

// Is the repository the prefix itself or something below it, so that https://git.example.com is not a prefix of
// https://git.example.com.evil.org?
bool covers(const Address& prefix, const Address& address) {
  if (!same_server(prefix, address)) return false;
  if (!prefix.user.empty() && prefix.user != address.user) return false;
  std::string_view folder = prefix.path, path = address.path;
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return folder.empty() || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

bool ends_within_a_part(const Address& prefix, const Address& address) {
  if (!same_server(prefix, address) || covers(prefix, address)) return false;
  std::string_view folder = prefix.path, path = address.path;
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.starts_with(folder);
}

// Why an entry for the host of a repository does not fit it; empty when the entry is for another repository there.
std::string why_not(const Address& prefix, const Address& address) {
  if (prefix.scheme != address.scheme) return "is for another scheme";
  if (prefix.port != address.port) return "is for port " + prefix.port;
  if (!prefix.user.empty() && prefix.user != address.user) return "is for the user " + prefix.user;
  return ends_within_a_part(prefix, address) ? "ends within a part of the path" : "";
}

// A prefix may be only a host; the URL of a repository cannot.
Result<Address> parse_prefix(std::string prefix) {
  // "git.example.com:8443/team" could be read as ssh, and would then never fit what it is meant for.
  if (prefix.find("://") == std::string::npos && prefix.find('@') == std::string::npos)
    return Error(errc::invalid,
                 "settings.repositories: prefix " + prefix.substr(0, 300) + ": write it with its scheme: https://" +
                     prefix.substr(0, 300) + " or ssh://git@" + prefix.substr(0, 300),
                 "git.url-invalid");
  while (prefix.ends_with('/')) prefix.pop_back();
  auto below = parse_address(prefix + "/-", false);
  if (!below) return std::move(below).error().in("settings.repositories");
  below->path.resize(below->path.size() - 1);
  return below;
}

void take_credentials(const Config& config, const std::string& at, Access& access) {
  if (Secret token = config.secret(at + "/token"); !token.empty()) {
    access.user = token_user;
    access.password = std::move(token);
  }
  if (Secret password = config.secret(at + "/password"); !password.empty()) {
    access.user = config.text(at + "/username");
    access.password = std::move(password);
  }
  access.ssh_key = config.secret(at + "/sshKey");
  access.passphrase = config.secret(at + "/passphrase");
  if (auto lines = config.find(at + "/knownHosts")) {
    access.known_hosts = *lines;
    access.own_known_hosts = true;
  }
}

void lay_over(const Access& own, Access& access) {
  if (own.has_login()) {
    access.user = own.user;
    access.password = own.password;
    access.app = own.app;
  }
  if (!own.ssh_key.empty()) {
    access.ssh_key = own.ssh_key;
    access.passphrase = own.passphrase;
  }
  if (own.own_known_hosts) {
    access.known_hosts = own.known_hosts;
    access.own_known_hosts = true;
  }
}

Result<void> check(const Address& address, const Access& access) {
  const bool clear = address.scheme == Scheme::http || address.scheme == Scheme::git;
  if (clear && (access.has_login() || !access.ssh_key.empty()))
    return Error(
        errc::invalid,
        "git: " + address.url +
            ": credentials would be sent without encryption, so that others on the network can read them; use " +
            "https or ssh",
        "git.credentials-in-clear");
  if (!access.ssh_key.empty())
    if (auto good = check_private_key(access.ssh_key.reveal(), !access.passphrase.empty()); !good) return good;
  if (access.own_known_hosts)
    if (auto good = check_known_hosts(access.known_hosts); !good) return good;
  return check_trust(access);
}

}  // namespace

Result<Rights> Rights::read(const Config& config, const Host& host, const Address& own) {
  Rights rights(own);
  for (const std::string& index : config.keys("/settings/repositories")) {
    const std::string at = "/settings/repositories/" + index;
    auto prefix = parse_prefix(config.text(at + "/prefix"));
    if (!prefix) return std::move(prefix).error();
    Access access;
    access.ca = config.text(at + "/ca");
    access.client_certificate = config.secret(at + "/clientCertificate/certificate");
    access.client_key = config.secret(at + "/clientCertificate/key");
    access.proxy = config.text(at + "/proxy");
    take_credentials(config, at + "/auth", access);
    rights.entries_.push_back({config.text(at + "/prefix"), std::move(*prefix), std::move(access)});
  }
  take_credentials(config, "/use/auth", rights.own_access_);
  // The proxy and the authorities for the server of an app may be in any entry.
  for (const std::string& index : config.keys("/settings/repositories")) {
    auto app = rights.app_at(config, host, "/settings/repositories/" + index + "/auth/githubApp");
    if (!app) return std::move(app).error();
    Access& access = rights.entries_[std::stoul(index)].access;
    if (access.password.empty()) access.app = std::move(*app);
  }
  auto app = rights.app_at(config, host, "/use/auth/githubApp");
  if (!app) return std::move(app).error();
  if (rights.own_access_.password.empty()) rights.own_access_.app = std::move(*app);
  return rights;
}

Result<std::shared_ptr<GithubApp>> Rights::app_at(const Config& config, const Host& host, const std::string& at) const {
  if (config.text(at + "/appId").empty()) return std::shared_ptr<GithubApp>();
  auto identity = read_github_app(config, at);
  if (!identity) return std::move(identity).error();
  auto way = way_to(identity->api);
  if (!way) return std::move(way).error();
  if (auto good = check_trust(*way); !good) return std::move(good).error();
  return std::make_shared<GithubApp>(std::move(*identity), std::move(*way), host);
}

Result<Access> Rights::way_to(const Address& address) const {
  const Entry* best = nullptr;
  for (const Entry& entry : entries_)
    if (covers(entry.prefix, address) && (!best || entry.prefix.path.size() >= best->prefix.path.size())) best = &entry;
  Access access = best ? best->access : Access();
  auto proxy = proxy_to(address, access.proxy);
  if (!proxy) return std::move(proxy).error();
  access.proxy = std::move(*proxy);
  return access;
}

// The entries of the host that do not fit. When another one fits, only those that surely have a mistake in them.
std::string Rights::near_misses(const Address& address) const {
  const bool fits =
      std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return covers(entry.prefix, address); });
  std::string text;
  std::size_t said = 0;
  for (const Entry& entry : entries_) {
    if (entry.prefix.host != address.host || covers(entry.prefix, address)) continue;
    if (fits && !ends_within_a_part(entry.prefix, address)) continue;
    const std::string why = why_not(entry.prefix, address);
    if (why.empty() || ++said > near_misses_said_max) continue;
    text += (text.empty() ? "settings.repositories: " : "; ") + std::string("prefix ") + entry.written + " " + why;
  }
  return text;
}

Result<Access> Rights::to(const Address& address) const {
  if (address.local()) return Access();
  auto access = way_to(address);
  if (!access) return access;
  if (same_server(own_, address)) lay_over(own_access_, *access);
  access->hint = near_misses(address);
  if (auto good = check(address, *access); !good) return std::move(good).error();
  return access;
}

}  // namespace stoker::git
