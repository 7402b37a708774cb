// See test_peer.hpp.
#include "test_peer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include <array>

namespace stoker::host {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

template <class Stream>
std::string converse(Stream& stream, const TestPeer::Says& says) {
  error_code ended;
  std::string heard;
  if (!says.answer.empty()) {
    asio::read_until(stream, asio::dynamic_buffer(heard), "\r\n\r\n", ended);
    asio::write(stream, asio::buffer(says.answer), ended);
  }
  std::array<char, 4096> rest;
  if (says.then == TestPeer::Then::hold)
    while (!ended) stream.read_some(asio::buffer(rest), ended);
  return heard;
}

}  // namespace

TestPeer::TestPeer(Says says)
    : says_(std::move(says)),
      acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      thread_([this] { run(); }) {}

TestPeer::~TestPeer() { ::shutdown(acceptor_.native_handle(), SHUT_RDWR); }  // wakes the accept

void TestPeer::run() {
  for (;;) {
    error_code failure;
    tcp::socket socket = acceptor_.accept(failure);
    if (failure) return;
    serve(socket);
    if (says_.then == Then::reset) socket.set_option(asio::socket_base::linger(true, 0), failure);
    socket.close(failure);
  }
}

void TestPeer::serve(tcp::socket& socket) {
  std::string heard, server_name;
  if (says_.tls) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain(asio::buffer(says_.tls->certificate));
    context.use_private_key(asio::buffer(says_.tls->key), asio::ssl::context::pem);
    SSL_CTX_set_security_level(context.native_handle(), 0);
    if (says_.tls_version_max) SSL_CTX_set_max_proto_version(context.native_handle(), says_.tls_version_max);
    asio::ssl::stream<tcp::socket&> stream(socket, context);
    error_code refused;
    stream.handshake(asio::ssl::stream_base::server, refused);
    if (refused) return;
    if (const char* named = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name)) server_name = named;
    heard = converse(stream, says_);
  } else {
    heard = converse(socket, says_);
  }
  const std::lock_guard lock(mutex_);
  heard_ = heard;
  server_name_ = server_name;
}

std::string TestPeer::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

std::string TestPeer::server_name() const {
  const std::lock_guard lock(mutex_);
  return server_name_;
}

}  // namespace stoker::host
