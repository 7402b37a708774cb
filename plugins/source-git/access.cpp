#include "access.hpp"

#include "proxy.hpp"
#include "ssh_keys.hpp"
#include "tls_stream.hpp"

namespace stoker::git {
namespace {

constexpr std::string_view token_user = "x-access-token";

// Is the repository the prefix itself or something below it, so that https://git.example.com is not a prefix of
// https://git.example.com.evil.org?
bool covers(const Address& prefix, const Address& address) {
  if (prefix.scheme != address.scheme || prefix.host != address.host || prefix.port != address.port) return false;
  if (!prefix.user.empty() && prefix.user != address.user) return false;
  std::string_view folder = prefix.path, path = address.path;
  while (folder.starts_with('/')) folder.remove_prefix(1);
  while (folder.ends_with('/')) folder.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return folder.empty() || (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

// A prefix may be a host alone, which no repository is.
Result<Address> parse_prefix(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  auto below = parse_address(prefix + "/-", false);
  if (!below) return std::move(below).error().in("settings.repositories");
  below->path.resize(below->path.size() - 1);
  return below;
}

// The pointer of the longest prefix that fits; empty: none does.
Result<std::string> entry_for(const Address& address, const Config& config) {
  std::string best;
  std::size_t longest = 0;
  for (const std::string& index : config.keys("/settings/repositories")) {
    const std::string entry = "/settings/repositories/" + index;
    auto prefix = parse_prefix(config.text(entry + "/prefix"));
    if (!prefix) return std::move(prefix).error();
    if (!covers(*prefix, address) || prefix->path.size() < longest) continue;
    longest = prefix->path.size();
    best = entry;
  }
  return best;
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
  if (Secret key = config.secret(at + "/sshKey"); !key.empty()) access.ssh_key = std::move(key);
  if (auto lines = config.find(at + "/knownHosts")) {
    access.known_hosts = *lines;
    access.own_known_hosts = true;
  }
}

Result<void> check(const Address& address, const Access& access) {
  const bool clear = address.scheme == Scheme::http || address.scheme == Scheme::git;
  if (clear && (!access.password.empty() || !access.ssh_key.empty()))
    return Error(errc::invalid,
                 "git: " + address.url + ": credentials would be sent where everybody on the way can read them; use " +
                     "https or ssh",
                 "git.credentials-in-clear");
  if (!access.ssh_key.empty())
    if (auto good = check_private_key(access.ssh_key.reveal()); !good) return good;
  if (access.own_known_hosts)
    if (auto good = check_known_hosts(access.known_hosts); !good) return good;
  return check_trust(access);
}

}  // namespace

Result<Access> access_to(const Address& address, const Config& config) {
  Access access;
  if (address.local()) return access;
  auto entry = entry_for(address, config);
  if (!entry) return std::move(entry).error();
  std::string proxy;
  if (!entry->empty()) {
    access.ca = config.text(*entry + "/ca");
    access.client_certificate = config.secret(*entry + "/clientCertificate/certificate");
    access.client_key = config.secret(*entry + "/clientCertificate/key");
    proxy = config.text(*entry + "/proxy");
    take_credentials(config, *entry + "/auth", access);
  }
  take_credentials(config, "/use/auth", access);
  auto way = proxy_to(address, proxy);
  if (!way) return std::move(way).error();
  access.proxy = std::move(*way);
  if (auto good = check(address, access); !good) return std::move(good).error();
  return access;
}

}  // namespace stoker::git
