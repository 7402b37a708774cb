// An installation of a GitHub App. With its private key it gets a token that is valid for an hour, and keeps the token
// until shortly before its end. The key is never sent; a signature made with it is sent only to the one allowed server.
// [any thread]
#pragma once

#include "access.hpp"
#include "bound.hpp"

#include <mutex>

namespace stoker::git {

struct GithubIdentity {
  std::string app_id, installation_id;  // decimal digits
  Secret private_key;                   // PEM, PKCS #1 or PKCS #8
  Address api;                          // https, and among settings.githubApiHosts; `path` as in /api/v3, or empty
};

// Reads an object {appId, installationId, privateKey, apiBaseURL}. Fails with git.github-app-invalid, git.github-host.
Result<GithubIdentity> read_github_app(const Config& config, const std::string& at);

class GithubApp {
 public:
  // `way`: the proxy and the authorities for the server; its credentials are not used.
  GithubApp(GithubIdentity identity, Access way, const Host& host)
      : identity_(std::move(identity)), way_(std::move(way)), host_(host) {}

  // The current token. A new one is requested only once, however many callers wait for it. Fails with
  // git.github-app-refused, git.github-answer, git.rate-limited, git.server-error, those of the connection and of the
  // bound.
  Result<Secret> token(const Bound& bound);

  void forget();  // call it when the server has refused the last token

 private:
  struct Token {
    Secret text;
    std::chrono::system_clock::time_point end;
  };
  Result<Token> exchange(const Bound& bound) const;
  Result<Token> read(const std::string& answer) const;

  const GithubIdentity identity_;
  const Access way_;
  const Host host_;
  std::timed_mutex asking_;
  std::mutex mutex_;
  Token token_;  // mutex_ guards it
};

}  // namespace stoker::git
