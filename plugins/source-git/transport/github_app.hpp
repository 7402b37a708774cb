// An installation of a GitHub App: changes its private key for a token that is good for an hour, and keeps that until
// shortly before its end. The key goes nowhere; what proves that we have it goes to the one server that was allowed.
// Any thread.
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

// Reads an object {appId, installationId, privateKey, apiBaseURL}: git.github-app-invalid, git.github-host.
Result<GithubIdentity> read_github_app(const Config& config, const std::string& at);

class GithubApp {
 public:
  // `way`: how the server is reached; of it no credentials are used.
  GithubApp(GithubIdentity identity, Access way, const Host& host)
      : identity_(std::move(identity)), way_(std::move(way)), host_(host) {}

  // The token of now; one that is asked for is asked for once, however many wait for it. git.github-app-refused,
  // git.github-answer, git.rate-limited, git.server-error, those of the connection and of the bound.
  Result<Secret> token(const Bound& bound);

  void forget();  // the server refused the last one

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
  Token token_;  // guarded by mutex_
};

}  // namespace stoker::git
