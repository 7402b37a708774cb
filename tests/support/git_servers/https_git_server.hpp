// nginx and `git http-backend` for all repositories below a folder, over http or TLS. Owned by the test's main thread.
//
//   /<repository>                  open, or for accounts only (HttpsWish::accounts)
//   /status/<code>/<repository>    401, 403, 404, 429 (with Retry-After), 500, 503
//   /moved/here/<repository>       redirects to /<repository> of this server
//   /moved/path/<repository>       the same by a Location without a host
//   /moved/round/<repository>      redirects to itself for ever
//   /moved/away/<repository>       redirects to HttpsWish::elsewhere + <repository>
#pragma once

#include "git_settings.hpp"
#include "private_folder.hpp"
#include "server_process.hpp"
#include "support/certificates.hpp"

#include <optional>

namespace git_servers {

constexpr int retry_after_seconds = 7;  // of /status/429

enum class TlsVersions { none, only_1_1, only_1_2, only_1_3, both };  // none: plain http

struct Account {
  std::string user, password;  // a token has the user x-access-token
};

struct HttpsWish {
  TlsVersions versions = TlsVersions::both;
  // Else one that `authority()` signed for localhost and 127.0.0.1.
  std::optional<certificates::KeyPair> certificate = std::nullopt;
  bool demands_client_certificate = false;  // one that `authority()` signed
  std::vector<Account> accounts = {};       // any: the repositories are for these only
  std::string elsewhere = {};               // "https://127.0.0.1:4/", for /moved/away
  GitSettings settings = {};
};

// What the server was asked, one at a time and in order. `authorization` as it came: empty without one.
struct Asked {
  std::string method, path;
  int status = 0;
  std::string authorization, tls_version, client_name;
};

class HttpsGitServer {
 public:
  explicit HttpsGitServer(const std::filesystem::path& repositories, const HttpsWish& wish = {});
  HttpsGitServer(const std::filesystem::path& repositories, const certificates::Authority& authority,
                 const HttpsWish& wish = {});

  const certificates::Authority& authority() const { return authority_; }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const;
  std::vector<Asked> asked() const;  // all requests that were answered before this call
  std::string log() const;           // for a failure's message
  void stop() { nginx_->stop(); }
  void start();  // again, at the same port

 private:
  void configure(const std::filesystem::path& repositories, const HttpsWish& wish);

  const certificates::Authority authority_;
  const bool tls_;
  PrivateFolder folder_{"nginx"};
  Port port_;
  std::vector<ServerProcess> backends_;
  std::optional<ServerProcess> nginx_;
};

}  // namespace git_servers
