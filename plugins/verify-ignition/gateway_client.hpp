// One gateway's web port: requests with and without the API key, and what an answer's status means (ignition 2.1).
// Owned by the verifier; used by the thread of the call. Keeps no connection and never says the key.
#pragma once

#include <stoker/host.hpp>

#include <chrono>

namespace ignition {

// Codes of the errors that say which state the gateway is in, rather than that something went wrong.
constexpr std::string_view code_down = "ignition.down";
constexpr std::string_view code_starting = "ignition.starting";
constexpr std::string_view code_commissioning = "ignition.commissioning";
constexpr std::string_view code_redirect = "ignition.redirect";

// How long one request may take: a call has several, and none that hangs may use up the time of all.
constexpr std::chrono::seconds request_limit{10};

struct Address {
  std::string url;     // without a slash at the end
  stoker::Secret key;  // "<name>:<secret>"
  std::string ca;      // PEM or empty
  std::string key_name() const { return key.reveal().substr(0, key.reveal().find(':')); }
  bool is_local() const;  // the gateway is asked over the loopback of this machine
  // Throws std::invalid_argument, naming the field.
  static Address from(const stoker::Config& config);
};

class GatewayClient {
 public:
  GatewayClient(stoker::HttpClient http, Address address) : http_(http), address_(std::move(address)) {}
  const Address& address() const { return address_; }

  // Any answer but a redirect, without the key: for what is asked before it is known whether the gateway runs.
  stoker::Result<stoker::HttpAnswer> ask(stoker::Call& call, std::string_view path) const;
  // The JSON of a 200. 204: empty text. Any other status is an error.
  stoker::Result<std::string> get(stoker::Call& call, std::string_view path) const;
  // Any answer that is neither a refusal of the key nor a sign of another state. The gateway may take its time for it:
  // `patience`.
  stoker::Result<stoker::HttpAnswer> post(stoker::Call& call, std::string_view path, std::string body,
                                          std::chrono::milliseconds patience = {}) const;

 private:
  stoker::Result<stoker::HttpAnswer> send(stoker::Call& call, std::string_view method, std::string_view path,
                                          std::string body, bool with_key,
                                          std::chrono::milliseconds patience = {}) const;
  stoker::HttpClient http_;
  Address address_;
};

// What was asked, the status, and the message of the web server's page, if there is one.
std::string status_of(const stoker::HttpAnswer& answer, const std::string& what);
// Text as one segment of a path.
std::string escaped(std::string_view segment);

}  // namespace ignition
