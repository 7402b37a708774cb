// HTTP requests for plugins, "stoker.http-client/1". A request blocks; it ends at the deadline of the call and soon
// after its cancel. TLS certificates are always verified. Nothing is kept between requests but the certificate
// authorities of the system. [worker]
#pragma once

#include <stoker/abi/services.h>

#include <memory>

namespace stoker::host {

inline constexpr std::size_t http_header_bytes_max = 65536;
inline constexpr std::size_t http_headers_max = 100;
inline constexpr std::size_t http_request_body_bytes_max = std::size_t{8} << 20;
inline constexpr std::uint64_t http_answer_bytes_default = 1 << 20;

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  const stoker_http_client* table() const;

 private:
  struct Service;
  std::unique_ptr<Service> service_;
};

}  // namespace stoker::host
