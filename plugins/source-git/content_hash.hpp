// Hashes content that comes in pieces: the SHA-256, and the id that git gives a file. One thread at a time.
#pragma once

#include "libgit2.hpp"

#include <openssl/evp.h>

#include <string>
#include <string_view>

namespace stoker::git {

class Hash {
 public:
  explicit Hash(const EVP_MD* kind) : state_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(state_.get(), kind, nullptr); }
  void add(std::string_view bytes) { EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()); }
  // In lower case. Call it once, at the end.
  std::string hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(state_.get(), digest, &size);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> state_;
};

struct Sha256 : Hash {
  Sha256() : Hash(EVP_sha256()) {}
};

struct GitBlobHash : Hash {
  explicit GitBlobHash(std::uint64_t bytes) : Hash(EVP_sha1()) {
    const std::string head = "blob " + std::to_string(bytes);
    add({head.c_str(), head.size() + 1});
  }
};

}  // namespace stoker::git
