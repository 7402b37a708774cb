// See http_client.hpp. Each request has its own io_context, which runs on the calling thread in short steps. Between
// two steps the deadline and the cancel of the call are checked. To give up, the socket is closed, which ends every
// pending operation.
#include "host/offered/http_client.hpp"
#include "host/base/printable.hpp"

#include <stoker/call.hpp>
#include <stoker/name_lookup.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <mutex>

namespace stoker::host {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr std::chrono::milliseconds step{50};  // how late a cancel is noticed
constexpr int interim_answers_max = 8;         // 1xx responses before the final one

// A checked request. No part of it can end a header line early, so a plugin cannot inject a header.
struct Asked {
  bool tls = false;
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string what;  // "GET https://host/path": the part of the request that may stand in a message
  http::request<http::string_body> request;
  std::string ca;
  std::uint64_t answer_bytes_max = http_answer_bytes_default;
};

Error bad_request(std::string_view why) {
  return Error(errc::invalid, "http: " + std::string(why), "http.bad-request");
}

bool token(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool header_value(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t'; });
}

// Headers that the host sets itself, because another value could change where a message ends or to whom it goes.
bool reserved_header(http::field field) {
  switch (field) {
    case http::field::host:
    case http::field::connection:
    case http::field::content_length:
    case http::field::transfer_encoding:
    case http::field::te:
    case http::field::trailer:
    case http::field::upgrade:
    case http::field::expect: return true;
    default: return false;
  }
}

Result<void> read_url(std::string_view text, Asked& asked) {
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!parsed) return bad_request("not a URL");
  const boost::urls::url_view& url = *parsed;
  if (url.scheme() != "http" && url.scheme() != "https") return bad_request("only http and https URLs are supported");
  if (url.has_userinfo()) return bad_request("a URL with user information is refused; send a header instead");
  asked.tls = url.scheme() == "https";
  asked.host = std::string(url.host_address());
  if (asked.host.empty() || asked.host.size() > 255 || !header_value(asked.host) ||
      asked.host.find(' ') != asked.host.npos)
    return bad_request("the URL names no host");
  asked.port = asked.tls ? 443 : 80;
  if (url.has_port() && !url.port().empty()) {
    const std::string digits(url.port());
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), asked.port);
    if (failure != std::errc() || end != digits.data() + digits.size() || asked.port == 0)
      return bad_request("the port of the URL is not valid");
  }
  const std::string path(url.encoded_path());
  const std::string query(url.encoded_query());
  asked.request.target((path.empty() ? "/" : path) + (url.has_query() ? "?" + query : ""));
  asked.request.set(http::field::host, std::string(url.encoded_host_and_port()));
  asked.what = std::string(asked.request.method_string()) + " " + std::string(url.scheme()) + "://" +
               std::string(url.encoded_host_and_port()) + printable(path, 256);
  return {};
}

Result<void> read_headers(const stoker_http_request& request, Asked& asked) {
  if (request.headers_count > http_headers_max) return bad_request("too many headers");
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < request.headers_count; ++i) {
    const std::string_view header_name = view(request.headers[i].name);
    const std::string_view value = view(request.headers[i].value);
    if (!token(header_name)) return bad_request("the name of a header is not valid");
    const std::string named(header_name);
    if (!header_value(value)) return bad_request("control characters in the value of header " + named);
    if (reserved_header(http::string_to_field(named))) return bad_request("header " + named + " is set by the host");
    bytes += header_name.size() + value.size();
    if (bytes > http_header_bytes_max) return bad_request("the headers are too long");
    asked.request.insert(named, std::string(value));
  }
  if (asked.request.find(http::field::user_agent) == asked.request.end())
    asked.request.set(http::field::user_agent, "stoker");
  return {};
}

Result<Asked> read(const stoker_http_request& request) {
  Asked asked;
  const std::string_view method = view(request.method);
  if (!token(method) || method == "CONNECT") return bad_request("the method is not valid");
  asked.request.version(11);
  asked.request.method_string(std::string(method));
  if (auto url = read_url(view(request.url), asked); !url) return std::move(url).error();
  if (auto headers = read_headers(request, asked); !headers) return std::move(headers).error().in(asked.what);
  if (request.body.len > http_request_body_bytes_max) return bad_request("the body is too long").in(asked.what);
  asked.request.body() = string(request.body);
  asked.request.set(http::field::connection, "close");
  asked.request.prepare_payload();
  asked.ca = string(request.ca);
  if (request.answer_bytes_max) asked.answer_bytes_max = request.answer_bytes_max;
  return asked;
}

// ---- TLS

Result<void> trust_only(asio::ssl::context& context, const std::string& pem) {
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                       BIO_free);
  int count = 0;
  while (X509* certificate = text ? PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr) : nullptr) {
    X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return bad_request("ca does not contain a certificate in PEM form");
  // The certificate that the user gave is trusted as it is, also when it is an intermediate or the server's own.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

void require_verified(asio::ssl::context& context) {
  context.set_verify_mode(asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
}

// Sets the name that the certificate must be for. False: out of memory, or the host is not a valid name.
bool expect_server(SSL* ssl, const std::string& host) {
  error_code not_literal;
  const auto address = asio::ip::make_address(host, not_literal);
  if (!not_literal) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), address.to_string().c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

// ---- one request

class Exchange {
 public:
  Exchange(const stoker_call* call, Asked& asked) : call_(call), asked_(asked) {}

  // Tries the addresses one after the other, each for its share of the remaining time.
  Result<void> connect(const std::vector<SocketAddress>& addresses);
  Result<void> handshake(TlsStream& stream);
  template <class Stream>
  Result<void> talk(Stream& stream, std::uint32_t& status, stoker_http_header_sink headers, stoker_byte_sink body);

  Result<void> check() const {
    if (call_->cancelled(call_)) return Error(errc::cancelled, asked_.what + ": cancelled");
    if (call_->remaining_ms(call_) <= 0)
      return Error(errc::timeout, asked_.what + ": the deadline passed", "http.timeout");
    return {};
  }
  tcp::socket& socket() { return socket_; }

 private:
  // Runs one operation to its end; `start` gets the handler. Closes the socket when the call is stopped, and at
  // `until`.
  template <class Start>
  error_code finish(Start start,
                    std::chrono::steady_clock::time_point until = std::chrono::steady_clock::time_point::max());
  Error failed(std::string_view doing, error_code why) const;
  Error made(errc kind, std::string_view why, std::string_view code) const {
    return Error(kind, asked_.what + ": " + std::string(why), std::string(code));
  }
  template <class Stream>
  Result<void> read_header(Stream& stream, http::response_parser<http::buffer_body>& parser);
  template <class Stream>
  Result<void> read_body(Stream& stream, http::response_parser<http::buffer_body>& parser, stoker_byte_sink body);
  Result<void> put_headers(const http::response<http::buffer_body>& answer, stoker_http_header_sink headers) const;

  const stoker_call* call_;
  Asked& asked_;
  asio::io_context io_{1};
  tcp::socket socket_{io_};
  beast::flat_buffer buffer_{http_header_bytes_max + 16384};
};

template <class Start>
error_code Exchange::finish(Start start, std::chrono::steady_clock::time_point until) {
  bool done = false;
  error_code result;
  start([&](error_code ec, auto&&...) {
    done = true;
    result = ec;
  });
  while (!done) {
    io_.restart();
    io_.run_one_for(step);
    if (done || (check() && std::chrono::steady_clock::now() < until)) continue;
    error_code ignored;
    socket_.close(ignored);
    io_.restart();
    io_.run();  // only operations that the close has ended are left
    return asio::error::operation_aborted;
  }
  return result;
}

Error Exchange::failed(std::string_view doing, error_code why) const {
  if (auto may = check(); !may) return std::move(may).error();
  const std::string text = std::string(doing) + ": " + printable(why.message(), 200);
  if (why == http::error::header_limit || why == http::error::body_limit || why == http::error::buffer_overflow) {
    const std::string limit = why == http::error::body_limit ? std::to_string(asked_.answer_bytes_max)
                                                             : std::to_string(http_header_bytes_max) + " of headers";
    return made(errc::exhausted, "the answer is longer than " + limit + " bytes", "http.too-large").with_retry(false);
  }
  const bool ended = why == asio::error::eof || why == asio::error::connection_reset ||
                     why == asio::error::broken_pipe || why == asio::error::connection_aborted ||
                     why == asio::ssl::error::stream_truncated || why == http::error::end_of_stream ||
                     why == http::error::partial_message;
  if (ended) return made(errc::unreachable, "the server ended the connection (" + text + ")", "http.reset");
  if (why == asio::error::timed_out) return made(errc::timeout, text, "http.timeout");
  if (why.category() == asio::error::get_ssl_category()) return made(errc::denied, text, "http.tls");
  if (why.category() == asio::error::get_system_category()) return made(errc::unreachable, text, "http.reset");
  return made(errc::incompatible, text, "http.bad-answer");
}

tcp::endpoint endpoint_of(const SocketAddress& address) {
  tcp::endpoint endpoint;
  endpoint.resize(address.size);
  std::memcpy(endpoint.data(), &address.storage, address.size);
  return endpoint;
}

Result<void> Exchange::connect(const std::vector<SocketAddress>& addresses) {
  error_code worst;
  bool refused = false;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (auto may = check(); !may) return std::move(may).error();
    const auto share = std::chrono::milliseconds(call_->remaining_ms(call_)) / static_cast<int>(addresses.size() - i);
    const tcp::endpoint to = endpoint_of(addresses[i]);
    error_code why;
    if (socket_.open(to.protocol(), why); !why) {
      ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
      socket_.set_option(tcp::no_delay(true), why);
      why = finish([&](auto then) { socket_.async_connect(to, then); }, std::chrono::steady_clock::now() + share);
    }
    if (!why) return {};
    error_code ignored;
    socket_.close(ignored);
    if (why == asio::error::connection_refused)
      refused = true;
    else if (!worst || why == asio::error::operation_aborted)
      worst = why;
  }
  if (auto may = check(); !may) return std::move(may).error();
  if (worst == asio::error::operation_aborted || worst == asio::error::timed_out)
    return made(errc::timeout, "no address of the server accepted a connection in time", "http.timeout");
  // When one address was refused, that is reported, and not that this machine has no route to another address family.
  if (refused) return made(errc::unreachable, "connection refused", "http.refused");
  if (worst == asio::error::connection_reset) return failed("connect", worst);
  return made(errc::unreachable, "connect: " + worst.message(), "http.unreachable");
}

Result<void> Exchange::handshake(TlsStream& stream) {
  if (!expect_server(stream.native_handle(), asked_.host))
    return bad_request("the host name cannot be checked against a certificate").in(asked_.what);
  ERR_clear_error();
  const error_code why = finish([&](auto then) { stream.async_handshake(asio::ssl::stream_base::client, then); });
  if (!why) return {};
  const long verdict = SSL_get_verify_result(stream.native_handle());
  if (verdict != X509_V_OK && check())
    return made(errc::denied, std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verdict),
                "http.tls");
  return failed("TLS handshake", why);
}

template <class Stream>
Result<void> Exchange::talk(Stream& stream, std::uint32_t& status, stoker_http_header_sink headers,
                            stoker_byte_sink body) {
  if (const error_code why = finish([&](auto then) { http::async_write(stream, asked_.request, then); }))
    return failed("send", why);
  for (int interim = 0; interim <= interim_answers_max; ++interim) {
    http::response_parser<http::buffer_body> parser;
    parser.skip(asked_.request.method() == http::verb::head);
    if (auto head = read_header(stream, parser); !head) return head;
    const unsigned code = parser.get().result_int();
    if (code == 101)
      return made(errc::incompatible, "the server switched to another protocol without being asked", "http.bad-answer");
    if (code < 200) continue;
    status = code;
    if (auto put = put_headers(parser.get(), headers); !put) return put;
    return read_body(stream, parser, body);
  }
  return made(errc::incompatible, "the server sent more than 8 interim (1xx) answers", "http.bad-answer");
}

template <class Stream>
Result<void> Exchange::read_header(Stream& stream, http::response_parser<http::buffer_body>& parser) {
  parser.header_limit(http_header_bytes_max);
  parser.body_limit(asked_.answer_bytes_max);
  const error_code why = finish([&](auto then) { http::async_read_header(stream, buffer_, parser, then); });
  if (why) return failed("answer", why);
  return {};
}

template <class Stream>
Result<void> Exchange::read_body(Stream& stream, http::response_parser<http::buffer_body>& parser,
                                 stoker_byte_sink body) {
  std::array<std::uint8_t, 16384> chunk;
  while (!parser.is_done()) {
    if (auto may = check(); !may)
      return may;  // a server that always has a byte ready never makes the read wait, so the deadline is checked here
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    const error_code why = finish([&](auto then) { http::async_read_some(stream, buffer_, parser, then); });
    if (why && why != http::error::need_buffer) return failed("answer", why);
    const std::size_t got = chunk.size() - parser.get().body().size;
    if (got == 0) continue;
    if (const stoker_status status = body.put(body.to, chunk.data(), got))
      return Error(errc_of(status), asked_.what + ": the receiver of the plugin refused the answer");
  }
  return {};
}

Result<void> Exchange::put_headers(const http::response<http::buffer_body>& answer,
                                   stoker_http_header_sink headers) const {
  for (const auto& field : answer) {
    const auto text = [](auto s) { return stoker_str{s.data(), s.size()}; };
    const stoker_http_header header{text(field.name_string()), text(field.value())};
    if (const stoker_status status = headers.put(headers.to, &header, 1))
      return Error(errc_of(status), asked_.what + ": the receiver of the plugin refused the headers");
  }
  return {};
}

}  // namespace

struct HttpClient::Service final : stoker_http_client {
  Service() : stoker_http_client{} {
    struct_size = sizeof(stoker_http_client);
    send = &Service::send_one;
  }

  static stoker_status send_one(const stoker_http_client* self, const stoker_call* call,
                                const stoker_http_request* request, std::uint32_t* status,
                                stoker_http_header_sink headers, stoker_byte_sink body, stoker_error_sink errors) {
    Error why;
    try {
      auto sent = static_cast<const Service*>(self)->exchange(call, *request, *status, headers, body);
      if (sent) return STOKER_OK;
      why = std::move(sent).error();
    } catch (const std::exception& thrown) {
      why = Error(errc::internal, std::string("http: ") + thrown.what(), "http.internal");
    }
    const stoker_error record = glue::to_record(why);
    errors.put(errors.to, &record, 1);
    return record.status;
  }

  Result<void> exchange(const stoker_call* call, const stoker_http_request& request, std::uint32_t& status,
                        stoker_http_header_sink headers, stoker_byte_sink body) const {
    auto asked = read(request);
    if (!asked) return std::move(asked).error();
    Exchange exchange(call, *asked);
    auto own =
        authorities(*asked);  // before any connection: a bad ca is a mistake of the caller, whatever the server does
    if (!own) return std::move(own).error().in(asked->what);
    const auto addresses =
        addresses_of(asked->host, std::to_string(asked->port), "http.dns", [&] { return exchange.check(); });
    if (!addresses) return addresses.error().in(asked->what);
    if (auto connected = exchange.connect(*addresses); !connected) return connected;
    if (!asked->tls) return exchange.talk(exchange.socket(), status, headers, body);
    TlsStream stream(exchange.socket(), **own);
    if (auto shaken = exchange.handshake(stream); !shaken) return shaken;
    return exchange.talk(stream, status, headers, body);
  }

  // The certificate authorities of the system are read once, at the first https request that brings no ca. A ca that a
  // request brings is read each time.
  Result<std::shared_ptr<asio::ssl::context>> authorities(const Asked& asked) const {
    if (const std::string& pem = asked.ca; !pem.empty()) {
      auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
      require_verified(*context);
      if (auto trusted = trust_only(*context, pem); !trusted) return std::move(trusted).error();
      return context;
    }
    if (!asked.tls) return std::shared_ptr<asio::ssl::context>();
    const std::lock_guard lock(mutex_);
    if (!system_) {
      system_ = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
      require_verified(*system_);
      system_->set_default_verify_paths();
    }
    return system_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::shared_ptr<asio::ssl::context> system_;  // shared with running requests
};

HttpClient::HttpClient() : service_(std::make_unique<Service>()) {}
HttpClient::~HttpClient() = default;
const stoker_http_client* HttpClient::table() const { return service_.get(); }

}  // namespace stoker::host
