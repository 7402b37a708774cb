// Digest with EVP of OpenSSL. The calls can fail only for lack of memory; then std::bad_alloc is thrown.
#include "digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace stoker::merge {

namespace {

constexpr std::string_view sha256_begins = "sha256:";

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Digest::Digest(bool sha256) : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), sha256 ? EVP_sha256() : EVP_sha1(), nullptr) != 1)
    throw std::bad_alloc();
}

Digest Digest::sha256() { return Digest(true); }

Digest Digest::git_blob(std::uint64_t bytes) {
  Digest digest(false);
  const std::string header = "blob " + std::to_string(bytes);
  digest.update(std::string_view(header.c_str(), header.size() + 1));
  return digest;
}

void Digest::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

std::string Digest::hex() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_.get(), raw, &size) != 1) throw std::bad_alloc();
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += digits[raw[i] >> 4];
    text += digits[raw[i] & 15];
  }
  return text;
}

std::string sha256_of(std::string_view bytes) {
  Digest digest = Digest::sha256();
  digest.update(bytes);
  return digest.hex();
}

bool looks_like_git_blob(std::string_view blob) { return blob.size() == 40 && is_hex(blob); }

std::string sha256_blob(std::string_view hex) { return std::string(sha256_begins).append(hex); }

bool looks_like_sha256_blob(std::string_view blob) {
  return blob.size() == sha256_begins.size() + 64 && blob.starts_with(sha256_begins) &&
         is_hex(blob.substr(sha256_begins.size()));
}

}  // namespace stoker::merge
