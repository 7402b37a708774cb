// GitHub's server of tokens, over TLS: whoever asks in an app's name gets what the test last wrote. Owned by the test.
#pragma once

#include "https_responder.hpp"

#include <openssl/types.h>

#include <chrono>

namespace git_servers {

std::string pem_of(const std::shared_ptr<EVP_PKEY>& key, bool pkcs1 = false);

// What the server answers with a token that ends so much later.
HttpsResponder::Answer installation_token(const std::string& token,
                                          std::chrono::seconds good_for = std::chrono::hours(1));

class GithubApi {
 public:
  using Answer = HttpsResponder::Answer;

  GithubApi(const certificates::Authority& authority, Answer answer);

  const std::shared_ptr<EVP_PKEY>& key() const { return key_; }  // of the one app
  std::string origin() const { return responder_.origin(); }
  std::uint16_t port() const { return responder_.port(); }
  void answer(Answer answer);
  std::vector<HttpsResponder::Request> asked() const { return responder_.asked(); }

 private:
  const std::shared_ptr<EVP_PKEY> key_;
  std::mutex mutex_;
  Answer answer_;             // guarded by mutex_
  HttpsResponder responder_;  // last: its threads use what is above
};

}  // namespace git_servers
