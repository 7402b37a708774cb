// The wires of a hostile server: two descriptors (a socket twice, or stdin and stdout), or TLS on a socket. Blocking.
#pragma once

#include "hostile_act.hpp"

#include <openssl/types.h>

#include <memory>

namespace git_servers {

class PlainWire : public Wire {
 public:
  PlainWire(int in, int out) : in_(in), out_(out) {}
  bool say(std::string_view bytes) override;
  std::string hear() override;
  bool stays(std::chrono::milliseconds how_long) override;

 private:
  int in_, out_;
};

class TlsWire : public Wire {
 public:
  TlsWire(int socket, SSL_CTX* context);
  ~TlsWire() override;  // says that it ends: a client shall see by git's own protocol that something is missing
  bool shook_hands() const { return shook_hands_; }
  bool say(std::string_view bytes) override;
  std::string hear() override;
  bool stays(std::chrono::milliseconds how_long) override;

 private:
  int socket_;
  std::shared_ptr<SSL> tls_;
  bool shook_hands_ = false;
};

}  // namespace git_servers
