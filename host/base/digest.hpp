// SHA-256, or the SHA-1 of git's object ids, in lower-case hex: of a text, or of bytes that come piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace stoker::host {

class Digest {
 public:
  enum class Algorithm { sha256, sha1 };
  explicit Digest(Algorithm algorithm = Algorithm::sha256);
  Digest& update(std::string_view bytes);
  std::string hex();  // ends the digest

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string sha256_hex(std::string_view text);

}  // namespace stoker::host
