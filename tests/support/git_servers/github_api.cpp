// See github_api.hpp.
#include "github_api.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <ctime>

namespace git_servers {
namespace {

std::string in(std::chrono::seconds from_now) {
  const std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  char text[32];
  std::tm parts{};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", ::gmtime_r(&at, &parts));
  return text;
}

}  // namespace

std::string pem_of(const std::shared_ptr<EVP_PKEY>& key, bool pkcs1) {
  const std::shared_ptr<BIO> text(BIO_new(BIO_s_mem()), BIO_free);
  if (pkcs1)
    PEM_write_bio_PrivateKey_traditional(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  else
    PEM_write_bio_PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(text.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

HttpsResponder::Answer installation_token(const std::string& token, std::chrono::seconds good_for) {
  return {.status = 201, .body = R"({"token": ")" + token + R"(", "expires_at": ")" + in(good_for) + "\"}"};
}

GithubApi::GithubApi(const certificates::Authority& authority, Answer answer)
    : key_(EVP_RSA_gen(2048), EVP_PKEY_free),
      answer_(std::move(answer)),
      responder_(authority, [this](const HttpsResponder::Request&) {
        const std::lock_guard lock(mutex_);
        return answer_;
      }) {}

void GithubApi::answer(Answer answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

}  // namespace git_servers
