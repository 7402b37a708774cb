#include "address.hpp"

#include <algorithm>
#include <optional>

namespace stoker::git {
namespace {

constexpr std::size_t url_bytes_max = 4096;

Error invalid(std::string message, std::string code = "git.url-invalid") {
  return Error(errc::invalid, "git: " + std::move(message), std::move(code));
}

Error credentials_in_url(const std::string& shown) {
  return invalid(shown + ": credentials stand in the URL; take them out and give them as git.auth",
                 "git.credentials-in-url");
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Allows for a host or a user only characters that mean nothing to a shell, in a header, or as an option of a program.
bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 255 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '+';
         });
}

bool is_ipv6(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_letter(c) || c == ':' || c == '.' || c == '%';
  });
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit) &&
         std::stoi(std::string(text)) >= 1 && std::stoi(std::string(text)) <= 65535;
}

std::string_view own_port(Scheme scheme) {
  switch (scheme) {
    case Scheme::file: return "";
    case Scheme::git: return "9418";
    case Scheme::http: return "80";
    case Scheme::https: return "443";
    case Scheme::ssh: return "22";
  }
  return "";
}

// "host[:port]" or "[ipv6][:port]".
bool take_authority(std::string_view text, Address& address) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos || !is_ipv6(text.substr(1, end - 1))) return false;
    address.host = lower(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (!text.empty() && !text.starts_with(':')) return false;
    port = text.empty() ? text : text.substr(1);
  } else {
    const auto colon = text.find(':');
    address.host = lower(text.substr(0, colon));
    if (!is_word(address.host)) return false;
    if (colon != text.npos) port = text.substr(colon + 1);
  }
  address.port = port.empty() ? own_port(address.scheme) : port;
  return is_port(address.port);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char small = static_cast<char>(c | 0x20);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// Decodes %20 and the like. No value when the text is not valid, or when it would give a control character.
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1, low = high < 0 ? -1 : hex_digit(text[i + 2]);
    if (low < 0 || high * 16 + low < ' ' || high * 16 + low == 0x7f) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<Address> parse_file(std::string_view rest, bool allow_file) {
  const std::string shown = "file://" + std::string(rest);
  if (!rest.starts_with('/'))
    return invalid(shown + ": a file URL names an absolute path of this machine, as in file:///srv/config.git");
  if (!allow_file)
    return invalid(
        shown + ": repositories on this machine are not allowed; set settings.allowFile of the module to true",
        "git.file-not-allowed");
  Address address;
  address.url = shown;
  return address;
}

// Only ssh URLs may have a user before the host.
Result<void> take_user(std::string_view& authority, Address& address) {
  const auto at = authority.rfind('@');
  if (at == authority.npos) return {};
  const std::string_view user = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  if (address.scheme != Scheme::ssh || user.find(':') != user.npos) return credentials_in_url(std::string(authority));
  if (!is_word(user)) return invalid("the user of an ssh URL is letters, digits, \".\", \"_\", \"-\" and \"+\"");
  address.user = user;
  return {};
}

// "ssh://git@host:group/repo.git" mixes the two forms of an ssh URL, and others write https in the same way. Text after
// the host that is no port is taken for the beginning of the path.
std::string how_to_write(std::string_view name, const Address& address, std::string_view authority,
                         std::string_view path) {
  const std::string form = std::string(name) + "://host[:port]/path";
  const auto colon = authority.rfind(':');
  if (authority.starts_with('[') || colon == authority.npos || !is_word(authority.substr(0, colon)))
    return "write " + form;
  const std::string_view after = authority.substr(colon + 1);
  const bool number = !after.empty() && std::all_of(after.begin(), after.end(), is_digit);
  const std::string start = std::string(name) + "://" + (address.user.empty() ? "" : address.user + "@") +
                            std::string(authority.substr(0, colon));
  if (number && !is_port(after)) return "a port is a number from 1 to 65535; write " + form;
  if (number || !is_word(after)) return "write " + form;
  const std::string rest = std::string(after) + std::string(path);
  return "after \":\" comes a port, and \"" + std::string(after) + "\" is none; write " + start + "/" + rest + " or " +
         start + ":<port>/" + rest;
}

Result<Address> parse_remote(Scheme scheme, std::string_view name, std::string_view rest) {
  Address address;
  address.scheme = scheme;
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (auto user = take_user(authority, address); !user) return std::move(user).error();
  const std::string shown = std::string(name) + "://" + (address.user.empty() ? "" : address.user + "@") +
                            std::string(authority) + std::string(slash == rest.npos ? "" : rest.substr(slash));
  address.url = shown;
  const bool fits = slash != rest.npos && slash + 1 < rest.size() && take_authority(authority, address);
  if (!fits && rest.find('@') != rest.npos && address.user.empty())  // a password that contains a slash
    return credentials_in_url(std::string(name) + "://");
  if (!fits)
    return invalid(
        shown + ": " +
        how_to_write(name, address, authority, slash == rest.npos ? std::string_view() : rest.substr(slash)));
  address.path = rest.substr(slash);
  const bool ascii = std::all_of(address.path.begin(), address.path.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if ((scheme == Scheme::http || scheme == Scheme::https) && !ascii)
    return invalid(shown + ": the path has letters that are not ASCII; write them as %XX");
  while (scheme != Scheme::ssh && address.path.size() > 1 && address.path.ends_with('/')) address.path.pop_back();
  if (scheme != Scheme::ssh) return address;
  auto path = decoded(address.path.starts_with("/~") ? address.path.substr(1) : address.path);
  if (!path) return invalid(shown + ": \"%\" is followed by two hexadecimal digits of a visible character");
  address.path = std::move(*path);
  return address;
}

// "git@host:2222/group/repo.git" names the folder 2222, but who writes it may mean the port.
std::string hint_of_port(std::string_view host, std::string_view path) {
  const auto slash = path.find('/');
  if (slash == path.npos || slash + 1 == path.size() || !is_port(path.substr(0, slash))) return {};
  const std::string port(path.substr(0, slash));
  return "if " + port + " is a port, write ssh://" + std::string(host) + ":" + port + std::string(path.substr(slash));
}

// user@host:path
Result<Address> parse_scp(std::string_view repo) {
  const auto colon = repo.starts_with('[') || repo.find("@[") < repo.find(':') ? repo.find("]:") + 1 : repo.find(':');
  if (colon == 0 || colon == repo.npos || repo.substr(0, colon).find('/') != repo.npos)
    return invalid(std::string(repo) + ": not a URL; write https://host/path, ssh://user@host/path or user@host:path");
  std::string_view host = repo.substr(0, colon);
  const std::string_view path = repo.substr(colon + 1);
  if (host.find('@') == host.npos && path.find('@') != path.npos) return credentials_in_url("the repository");
  Address address;
  address.scheme = Scheme::ssh;
  if (auto user = take_user(host, address); !user) return std::move(user).error();
  address.url = repo;
  if (!take_authority(host, address) || path.empty() || path.starts_with('-') || path.starts_with(':'))
    return invalid(std::string(repo) + ": write user@host:path, or with a port ssh://user@host:port/path");
  address.path = path;
  address.hint = hint_of_port(repo.substr(0, colon), path);
  return address;
}

}  // namespace

Result<Address> parse_address(std::string_view repo, bool allow_file) {
  if (repo.empty() || repo.size() > url_bytes_max)
    return invalid("the URL of the repository is empty or longer than 4096 bytes");
  const bool hostile = repo.starts_with('-') || std::any_of(repo.begin(), repo.end(), [](char c) {
                         return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\';
                       });
  if (hostile)
    return invalid("the URL of the repository starts with \"-\" or has spaces, backslashes or control characters");
  if (repo.starts_with('/'))
    return invalid(std::string(repo) + ": a path is not a URL; write file://" + std::string(repo) +
                   " and set settings.allowFile of the module to true");
  const auto end = repo.find("://");
  if (end == std::string_view::npos) return parse_scp(repo);
  const std::string name = lower(repo.substr(0, end));
  const std::string_view rest = repo.substr(end + 3);
  const std::string_view plain = rest.substr(rest.substr(0, rest.find('/')).rfind('@') + 1);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return invalid(name + "://" + std::string(plain.substr(0, plain.find_first_of("?#"))) +
                   ": the URL of a repository has no query and no fragment");
  if (name == "file") return parse_file(rest, allow_file);
  if (name == "git") return parse_remote(Scheme::git, name, rest);
  if (name == "http") return parse_remote(Scheme::http, name, rest);
  if (name == "https") return parse_remote(Scheme::https, name, rest);
  if (name == "ssh") return parse_remote(Scheme::ssh, name, rest);
  return invalid(name + ": no transport that is known; https, ssh, git, http and file are");
}

std::string authority(const Address& address) {
  const std::string host = address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
  return address.port == own_port(address.scheme) ? host : host + ":" + address.port;
}

std::string folder_of(const Address& address) {
  const std::string_view path = std::string_view(address.url).substr(std::string_view("file://").size());
  return decoded(path).value_or(std::string(path));
}

}  // namespace stoker::git
