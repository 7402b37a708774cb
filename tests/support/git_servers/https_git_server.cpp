// See https_git_server.hpp. nginx runs as one process; each fcgiwrap serves one request at a time.
#include "https_git_server.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <sstream>
#include <stdexcept>

namespace git_servers {
namespace {

namespace fs = std::filesystem;

constexpr int backends = 3;  // requests at once

std::string line(const std::string& text) { return text + ";\n"; }

std::string git_programs() {
  std::string path = child::output_of({"git", "--exec-path"});
  while (path.ends_with('\n')) path.pop_back();
  return path;
}

std::string protocols(TlsVersions versions) {
  switch (versions) {
    case TlsVersions::none: return {};
    case TlsVersions::only_1_1: return line("ssl_protocols TLSv1.1") + line("ssl_ciphers DEFAULT@SECLEVEL=0");
    case TlsVersions::only_1_2: return line("ssl_protocols TLSv1.2");
    case TlsVersions::only_1_3: return line("ssl_protocols TLSv1.3");
    case TlsVersions::both: return line("ssl_protocols TLSv1.2 TLSv1.3");
  }
  return {};
}

std::string to_git(const fs::path& repositories, const GitSettings& settings) {
  std::string text =
      line("fastcgi_pass git") + line("fastcgi_param GIT_HTTP_EXPORT_ALL 1") +
      line("fastcgi_param SCRIPT_FILENAME " + git_programs() + "/git-http-backend") +
      line("fastcgi_param GIT_PROJECT_ROOT " + repositories.string()) + line("fastcgi_param PATH_INFO $uri") +
      line("fastcgi_param QUERY_STRING $query_string") + line("fastcgi_param REQUEST_METHOD $request_method") +
      line("fastcgi_param CONTENT_TYPE $content_type") + line("fastcgi_param CONTENT_LENGTH $content_length") +
      line("fastcgi_param REMOTE_USER $remote_user") + line("fastcgi_param REMOTE_ADDR $remote_addr") +
      line("fastcgi_param GIT_PROTOCOL $http_git_protocol") +
      line("fastcgi_param HTTP_CONTENT_ENCODING $http_content_encoding");
  for (const auto& [name, value] : environment_of(settings)) text += line("fastcgi_param " + name + " " + value);
  return text;
}

std::string status_locations() {
  std::string text;
  for (const char* code : {"401", "403", "404", "429", "500", "503"}) {
    text += std::string("location /status/") + code + "/ {\n";
    if (code == std::string("401")) text += line("add_header WWW-Authenticate 'Basic realm=\"git\"' always");
    if (code == std::string("429"))
      text += line("add_header Retry-After " + std::to_string(retry_after_seconds) + " always");
    text += line(std::string("return ") + code) + "}\n";
  }
  return text;
}

std::string moved_location(const std::string& from, const std::string& to) {
  return "location ~ ^/moved/" + from + "/(?<rest>.*)$ { return 302 " + to + "$rest$is_args$args; }\n";
}

// The answer to a plain request over a unix socket; all that nginx answered before is in its access log then.
void ask(const fs::path& socket_file) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_file.c_str(), sizeof address.sun_path - 1);
  constexpr std::string_view request = "GET / HTTP/1.0\r\n\r\n";
  char answer[512];
  const bool asked = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                     ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) > 0;
  while (asked && ::recv(socket, answer, sizeof answer, 0) > 0) continue;
  ::close(socket);
}

}  // namespace

HttpsGitServer::HttpsGitServer(const fs::path& repositories, const HttpsWish& wish)
    : HttpsGitServer(repositories, certificates::Authority(), wish) {}

HttpsGitServer::HttpsGitServer(const fs::path& repositories, const certificates::Authority& authority,
                               const HttpsWish& wish)
    : authority_(authority), tls_(wish.versions != TlsVersions::none) {
  configure(repositories, wish);
  for (int i = 0; i < backends; ++i) {
    const fs::path socket = folder_ / ("git" + std::to_string(i));
    backends_.emplace_back(child::Arguments{"/usr/sbin/fcgiwrap", "-f", "-s", "unix:" + socket.string()},
                           folder_ / "git.log", socket);
  }
  start();
}

void HttpsGitServer::start() {
  fs::remove(folder_ / "control");
  const child::Arguments arguments{"/usr/sbin/nginx",       "-e", (folder_ / "error.log").string(), "-p",
                                   folder_.path().string(), "-c", (folder_ / "nginx.conf").string()};
  nginx_.emplace(arguments, folder_ / "nginx.log", port_);
}

void HttpsGitServer::configure(const fs::path& repositories, const HttpsWish& wish) {
  std::ostringstream text;
  text << "daemon off;\nmaster_process off;\npid pid;\nevents {}\nhttp {\n";
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) text << kind << "_temp_path temp;\n";
  text << "log_format asked '$request_method\\t$request_uri\\t$status\\t$http_authorization\\t$ssl_protocol"
          "\\t$ssl_client_s_dn';\naccess_log access.log asked;\nlingering_close off;\nclient_max_body_size 0;\n"
          "fastcgi_max_temp_file_size 0;\nport_in_redirect on;\nabsolute_redirect off;\nupstream git {\n"
          "least_conn;\n";
  for (int i = 0; i < backends; ++i)
    text << "server unix:" << (folder_ / ("git" + std::to_string(i))).string() << " max_fails=0;\n";
  text << "}\nserver { listen unix:" << (folder_ / "control").string()
       << "; access_log off; location / { return 204; } }\n";
  text << "server {\nlisten 127.0.0.1:" << port_.text() << (tls_ ? " ssl" : "") << ";\n" << protocols(wish.versions);
  if (tls_) {
    const certificates::KeyPair pair = wish.certificate ? *wish.certificate : authority_.sign();
    write_text(folder_ / "server.pem", pair.certificate);
    write_text(folder_ / "server.key", pair.key);
    text << "ssl_certificate server.pem;\nssl_certificate_key server.key;\n";
  }
  if (wish.demands_client_certificate) {
    write_text(folder_ / "clients.pem", authority_.pem());
    text << "ssl_client_certificate clients.pem;\nssl_verify_client on;\n";
  }
  text << status_locations() << moved_location("here", "$scheme://$http_host/") << moved_location("path", "/")
       << moved_location("round", "/moved/round/");
  if (!wish.elsewhere.empty()) text << moved_location("away", wish.elsewhere);
  text << "location / {\n";
  if (!wish.accounts.empty()) {
    std::string accounts;
    for (const Account& account : wish.accounts) accounts += account.user + ":{PLAIN}" + account.password + "\n";
    write_text(folder_ / "accounts", accounts);
    text << "auth_basic git;\nauth_basic_user_file accounts;\n";
  }
  text << to_git(repositories, wish.settings) << "}\n}\n}\n";
  write_text(folder_ / "nginx.conf", text.str());
}

std::string HttpsGitServer::url(const std::string& path, const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ":" + port_.text() + "/" + path;
}

std::vector<Asked> HttpsGitServer::asked() const {
  ask(folder_ / "control");
  std::vector<Asked> all;
  std::istringstream lines(text_of(folder_ / "access.log"));
  for (std::string one; std::getline(lines, one);) {
    std::istringstream fields(one);
    Asked asked;
    std::string status;
    for (std::string* field :
         {&asked.method, &asked.path, &status, &asked.authorization, &asked.tls_version, &asked.client_name}) {
      std::getline(fields, *field, '\t');
      if (*field == "-") field->clear();
    }
    asked.status = std::atoi(status.c_str());
    all.push_back(std::move(asked));
  }
  return all;
}

std::string HttpsGitServer::log() const {
  return text_of(folder_ / "error.log") + text_of(folder_ / "nginx.log") + text_of(folder_ / "git.log");
}

}  // namespace git_servers
