// The SHA-256 of bytes that come piece by piece, and the id that git gives them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace stoker::merge {

class Digest {
 public:
  static Digest sha256();
  static Digest git_blob(std::uint64_t bytes);  // the SHA-1 form
  void update(std::string_view bytes);
  std::string hex();  // ends the digest

 private:
  explicit Digest(bool sha256);
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_of(std::string_view bytes);

// Can this text be a git blob id that `git_blob` can compute?
bool looks_like_git_blob(std::string_view blob);
// "sha256:" and the hexadecimal digits of the bytes' SHA-256.
std::string sha256_blob(std::string_view hex);
bool looks_like_sha256_blob(std::string_view blob);

}  // namespace stoker::merge
