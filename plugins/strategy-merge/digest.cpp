// Digest over OpenSSL's EVP. What cannot fail but for lack of memory throws std::bad_alloc.
#include "digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace stoker::merge {

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

bool looks_like_git_blob(std::string_view blob) {
  return blob.size() == 40 &&
         std::all_of(blob.begin(), blob.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace stoker::merge
