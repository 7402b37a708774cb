#include "address.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::size_t url_bytes_max = 4096;

Error invalid(std::string message, std::string code) {
  return Error(errc::invalid, "git: " + std::move(message), std::move(code));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// The URL without what stands before an "@" in its authority, for messages.
std::string without_credentials(std::string_view scheme, std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) rest.remove_prefix(at + 1);
  return std::string(scheme) + "://" + std::string(rest);
}

Result<Address> parse_file(std::string_view rest, bool allow_file) {
  const std::string shown = "file://" + std::string(rest);
  if (!rest.starts_with('/'))
    return invalid(shown + ": a file URL names an absolute path of this machine, as in file:///srv/config.git",
                   "git.url-invalid");
  if (!allow_file)
    return invalid(
        shown + ": repositories on this machine are not allowed; set settings.allowFile of the module to true",
        "git.file-not-allowed");
  return Address{shown, true};
}

Result<Address> parse_git(std::string_view rest) {
  const auto slash = rest.find('/');
  const std::string_view host = rest.substr(0, slash);
  if (slash == std::string_view::npos || slash + 1 == rest.size() || host.empty() || host.starts_with('-'))
    return invalid("git://" + std::string(rest) + ": write git://host[:port]/path", "git.url-invalid");
  return Address{"git://" + std::string(rest), false};
}

Error not_available(std::string_view scheme, const std::string& shown) {
  return invalid(shown + ": the transport " + std::string(scheme) +
                     " is not available in this version; use git:// or, with settings.allowFile, file://",
                 "git.transport-not-available");
}

}  // namespace

Result<Address> parse_address(std::string_view repo, bool allow_file) {
  if (repo.empty() || repo.size() > url_bytes_max)
    return invalid("the URL of the repository is empty or longer than 4096 bytes", "git.url-invalid");
  const bool hostile = repo.starts_with('-') || std::any_of(repo.begin(), repo.end(), [](char c) {
                         return static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\';
                       });
  if (hostile)
    return invalid("the URL of the repository starts with \"-\" or has spaces, backslashes or control characters",
                   "git.url-invalid");
  if (repo.starts_with('/'))
    return invalid(std::string(repo) + ": a path is not a URL; write file://" + std::string(repo) +
                       " and set settings.allowFile of the module to true",
                   "git.url-invalid");
  const auto end = repo.find("://");
  if (end == std::string_view::npos) {
    const auto colon = repo.find(':');
    if (colon == std::string_view::npos || colon == 0 || repo.substr(0, colon).find('/') != std::string_view::npos)
      return invalid(std::string(repo) + ": not a URL; write git://host/path or file:///path", "git.url-invalid");
    if (const auto at = repo.substr(0, colon).find('@'); at == std::string_view::npos && repo.find('@') != repo.npos)
      return invalid("credentials stand in the URL; take them out", "git.credentials-in-url");
    return not_available("ssh", std::string(repo));
  }
  const std::string scheme = lower(repo.substr(0, end));
  const std::string_view rest = repo.substr(end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const bool user_alone = scheme == "ssh" && authority.substr(0, at).find(':') == std::string_view::npos;
    if (!user_alone)
      return invalid(without_credentials(scheme, rest) + ": credentials stand in the URL; take them out",
                     "git.credentials-in-url");
  }
  if (rest.find_first_of("?#") != std::string_view::npos)
    return invalid(scheme + "://" + std::string(rest.substr(0, rest.find_first_of("?#"))) +
                       ": the URL of a repository has no query and no fragment",
                   "git.url-invalid");
  if (scheme == "file") return parse_file(rest, allow_file);
  if (scheme == "git") return parse_git(rest);
  return not_available(scheme, scheme + "://" + std::string(rest));
}

}  // namespace stoker::git
