// Certificates made on the spot: an authority and what it signs.
#pragma once

#include <memory>
#include <string>

#include <openssl/types.h>

namespace certificates {

struct KeyPair {
  std::string certificate, key;  // PEM
};

struct Wish {
  std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName
  long starts_in = -3600, ends_in = 3600;            // seconds from now
};

class Authority {
 public:
  Authority();
  const std::string& pem() const { return pem_; }
  KeyPair sign(const Wish& wish = {}) const;
  static KeyPair self_signed(const Wish& wish = {});

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string pem_;
};

}  // namespace certificates
