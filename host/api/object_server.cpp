// The connections: each has one coroutine and carries one request after the other, or one watch.
#include "host/api/object_server.hpp"

#include "host/api/object_requests.hpp"
#include "host/api/own_socket.hpp"
#include "host/api/peers.hpp"
#include "host/api/status_answer.hpp"
#include "host/api/watch_queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <exception>
#include <list>

namespace stoker::host {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using asio::local::stream_protocol;
using boost::system::error_code;

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds pause_when_exhausted{100};
constexpr std::chrono::seconds last_words{
    2};  // for a client to take the answer to a request that was not read to its end
constexpr std::size_t unread_max = 8u << 20;  // of such a request
constexpr std::size_t chunk_bytes = 65536;

using Request = http::request<http::string_body>;
using Answer = http::response<http::string_body>;
using Stream = beast::basic_stream<stream_protocol>;

struct Connection {
  Stream stream;
  std::string user;
  std::uint64_t turn = 0;  // since when it waits for a request, as a number that grows; 0: it does not wait
  bool watches = false;
  explicit Connection(stream_protocol::socket socket) : stream(std::move(socket)) {}
};

Answer in_http(const ObjectReply& reply, const Request& request) {
  Answer answer(static_cast<http::status>(reply.code), request.version());
  answer.set(http::field::content_type, "application/json");
  answer.set(http::field::cache_control, "no-store");
  if (reply.code == 503 || reply.code == 429) answer.set(http::field::retry_after, "1");
  answer.keep_alive(request.keep_alive());
  answer.body() = reply.body;
  answer.prepare_payload();
  return answer;
}

Answer health() {
  Answer answer(http::status::ok, 11);
  answer.set(http::field::content_type, "text/plain; charset=utf-8");
  answer.body() = "ok";
  answer.prepare_payload();
  return answer;
}

// What is wrong with a request that could not be read; nothing: there is nobody to tell.
std::optional<Error> objection(error_code failure) {
  if (failure == http::error::body_limit)
    return Error(errc::invalid, "the body is longer than 1 MiB", api_code::too_large);
  if (failure == http::error::header_limit || failure == http::error::buffer_overflow)
    return Error(errc::invalid, "the header is too long", api_code::header);
  const bool is_http = failure.category() == http::make_error_code(http::error::bad_target).category();
  if (!is_http || failure == http::error::end_of_stream || failure == http::error::partial_message) return std::nullopt;
  return Error(errc::invalid, "this is no request of HTTP: " + failure.message(), api_code::bad_request);
}

Error busy(std::string what) { return {errc::exhausted, std::move(what) + "; try again", api_code::busy}; }

std::string text_of(boost::core::string_view view) { return {view.data(), view.size()}; }

Result<ObjectRequest> object_request(Request& request, const std::string& user) {
  auto target = request_target(text_of(request.target()));
  if (!target) return std::move(target).error();
  ObjectRequest asked;
  asked.method = text_of(request.method_string());
  asked.content_type = text_of(request[http::field::content_type]);
  asked.body = std::move(request.body());
  asked.target = std::move(*target);
  asked.user = user;
  return asked;
}

}  // namespace

struct ObjectServer::Listener {
  ObjectServerParts parts;
  ObjectServerLimits limits;
  OwnSocket socket;
  stream_protocol::acceptor acceptor;
  Peers peers;
  std::list<Connection> connections;  // each has one coroutine, which removes it
  asio::steady_timer changed;         // cancelled when a connection ends
  std::uint64_t turns = 0;
  std::size_t watches = 0;
  bool stopping = false;

  Listener(ObjectServerParts with, ObjectServerLimits within, OwnSocket at)
      : parts(std::move(with)),
        limits(within),
        socket(std::move(at)),
        acceptor(parts.loop, stream_protocol(), socket.release()),
        peers(parts.workers),
        changed(parts.loop) {}

  asio::awaitable<void> accept();
  void begin(stream_protocol::socket accepted);
  bool make_room();
  asio::awaitable<void> converse(Connection& connection);
  asio::awaitable<bool> answer_one(Connection& connection, beast::flat_buffer& buffer);
  asio::awaitable<void> refuse(Connection& connection, Error why);
  asio::awaitable<bool> send(Connection& connection, Answer reply);
  asio::awaitable<void> watch(Connection& connection, ObjectRequest request);
  asio::awaitable<bool> begin_watch(Connection& connection, WatchRequest& wanted, std::shared_ptr<WatchQueue> queue,
                                    ObjectStore::Watch& held);
  asio::awaitable<void> tell(Connection& connection, std::shared_ptr<WatchQueue> queue, std::chrono::seconds longest);
  asio::awaitable<bool> send_chunk(Connection& connection, std::string lines);
};

// ---------------------------------------------------------------- connections

asio::awaitable<void> ObjectServer::Listener::accept() {
  while (!stopping) {
    auto [failure, accepted] = co_await acceptor.async_accept(tuple);
    if (stopping) break;
    if (failure) {  // no file descriptor is free; connections that are silent end soon
      changed.expires_after(pause_when_exhausted);
      co_await changed.async_wait(tuple);
      continue;
    }
    begin(std::move(accepted));
  }
  while (!connections.empty()) {
    changed.expires_at(asio::steady_timer::time_point::max());
    co_await changed.async_wait(tuple);
  }
}

// The connection that waits longest for a request ends; false: none waits.
bool ObjectServer::Listener::make_room() {
  Connection* longest = nullptr;
  for (Connection& each : connections)
    if (each.turn != 0 && (!longest || each.turn < longest->turn)) longest = &each;
  if (!longest) return false;
  longest->turn = 0;
  longest->stream.close();
  return true;
}

void ObjectServer::Listener::begin(stream_protocol::socket accepted) {
  ::fcntl(accepted.native_handle(), F_SETFD, FD_CLOEXEC);
  if (connections.size() >= limits.connections_max && !make_room()) {
    const ObjectReply reply = refusal(busy("too many requests are under way"));
    const std::string text = "HTTP/1.1 " + std::to_string(reply.code) +
                             " Too Many Requests\r\nContent-Type: application/json\r\nConnection: close\r\n"
                             "Retry-After: 1\r\n"
                             "Content-Length: " +
                             std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
    (void)::send(accepted.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return;
  }
  const auto connection = connections.emplace(connections.end(), std::move(accepted));
  const auto ended = [this, connection](std::exception_ptr) {
    connections.erase(connection);
    changed.cancel();
  };
  asio::co_spawn(parts.loop, converse(*connection), ended);
}

asio::awaitable<void> ObjectServer::Listener::converse(Connection& connection) {
  const auto user = user_at(connection.stream.socket().native_handle());
  if (!user) co_return;
  connection.turn = ++turns;
  connection.user = co_await peers.name_of(*user);
  beast::flat_buffer buffer(limits.header_bytes_max + limits.body_bytes_max);
  bool goes_on = true;
  while (goes_on && !stopping) goes_on = co_await answer_one(connection, buffer);
  error_code ignored;
  connection.stream.socket().shutdown(stream_protocol::socket::shutdown_send, ignored);
}

// False: this was the last one.
asio::awaitable<bool> ObjectServer::Listener::answer_one(Connection& connection, beast::flat_buffer& buffer) {
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  parser.body_limit(limits.body_bytes_max);
  connection.turn = ++turns;
  connection.stream.expires_after(limits.request);
  auto [failure, got] = co_await http::async_read(connection.stream, buffer, parser, tuple);
  if (stopping || (connection.turn == 0 && failure)) co_return false;
  connection.turn = 0;
  if (failure) {
    if (auto why = objection(failure)) co_await refuse(connection, std::move(*why));
    co_return false;
  }
  Request& request = parser.get();
  if (request.method() == http::verb::get && request.target() == "/healthz") {
    Answer reply = health();
    reply.keep_alive(request.keep_alive());
    co_return co_await send(connection, std::move(reply));
  }
  auto asked = object_request(request, connection.user);
  if (asked && is_watch(asked->target)) {
    co_await watch(connection, std::move(*asked));
    co_return false;
  }
  ObjectReply reply;
  if (asked && parts.beside && asked->method == "GET" && !asked->target.path.kind) {
    std::string at = asked->target.text;
    auto text = co_await parts.beside(std::move(at));
    reply = text ? ObjectReply(200, std::move(*text)) : refusal(text.error());
  } else if (asked) {
    const std::string method = asked->method, at = asked->target.text;
    reply = co_await answer(parts.store, std::move(*asked));
    if (method != "GET" && reply.code < 300)
      parts.log.info("written", {{"by", connection.user}, {"how", method}, {"object", at}});
  } else {
    reply = refusal(asked.error());
  }
  Answer in_full = in_http(reply, request);
  co_return co_await send(connection, std::move(in_full));
}

// False: the connection is not to be used again.
asio::awaitable<bool> ObjectServer::Listener::send(Connection& connection, Answer reply) {
  connection.stream.expires_after(limits.reply);
  auto [failure, sent] = co_await http::async_write(connection.stream, reply, tuple);
  co_return !failure && reply.keep_alive();
}

// Of a request that was not read to its end. A client that still sends would lose the answer with the connection.
asio::awaitable<void> ObjectServer::Listener::refuse(Connection& connection, Error why) {
  Request none;
  none.version(11);
  none.keep_alive(false);
  Answer reply = in_http(refusal(why), none);
  (void)co_await send(connection, std::move(reply));
  error_code ignored;
  connection.stream.socket().shutdown(stream_protocol::socket::shutdown_send, ignored);
  connection.stream.expires_after(last_words);
  std::vector<char> thrown_away(chunk_bytes);
  for (std::size_t unread = 0; unread < unread_max;) {
    auto [failure, got] = co_await connection.stream.async_read_some(asio::buffer(thrown_away), tuple);
    if (failure) break;
    unread += got;
  }
}

// ---------------------------------------------------------------- watches

asio::awaitable<void> ObjectServer::Listener::watch(Connection& connection, ObjectRequest request) {
  const ObjectPath about = request.target.path;
  auto wanted = watch_request(request);
  if (wanted && watches >= limits.watches_max) wanted = busy("too many watches are open");
  if (!wanted) {
    Request none;
    none.version(11);
    none.keep_alive(false);
    Answer reply = in_http(refusal(wanted.error(), about), none);
    (void)co_await send(connection, std::move(reply));
    co_return;
  }
  ++watches;
  auto queue = std::make_shared<WatchQueue>(parts.loop, *about.kind);
  // A client of a watch sends nothing more: what can be read is its end.
  connection.stream.socket().async_wait(stream_protocol::socket::wait_read, [weak = std::weak_ptr(queue)](error_code) {
    if (const auto waiting = weak.lock()) waiting->leave();
  });
  ObjectStore::Watch held;
  const bool begun = co_await begin_watch(connection, *wanted, queue, held);
  if (begun) co_await tell(connection, queue, wanted->longest);
  queue->leave();
  held.reset();
  --watches;
}

// Sends the header, and the objects that there are when all are wanted. They are written as they are listed, so that
// they need no room in the queue.
asio::awaitable<bool> ObjectServer::Listener::begin_watch(Connection& connection, WatchRequest& wanted,
                                                          std::shared_ptr<WatchQueue> queue, ObjectStore::Watch& held) {
  std::uint64_t from = wanted.from;
  ListedObjects first;
  std::optional<Error> failed;
  if (from == 0) {
    auto listed = co_await parts.store.list(wanted.query);
    if (listed) first = std::move(*listed);
    if (!listed) failed = std::move(listed).error();
    from = first.version;
  }
  if (!failed) {
    ObjectStore::Told told = [queue, fields = wanted.fields](const ObjectEvent& event) {
      const bool is_change = event.op <= ObjectEvent::Op::removed;
      if (!is_change || fields.fits(event.object)) queue->put(event);
    };
    auto begun = co_await parts.store.watch(wanted.query, from, std::move(told));
    if (begun) held = std::move(*begun);
    if (!begun) failed = std::move(begun).error();
  }
  http::response<http::empty_body> header(http::status::ok, 11);
  header.set(http::field::content_type, "application/json");
  header.chunked(true);
  header.keep_alive(false);
  http::response_serializer<http::empty_body> serializer(header);
  connection.stream.expires_after(limits.reply);
  auto [failure, sent] = co_await http::async_write_header(connection.stream, serializer, tuple);
  if (failure) co_return false;
  if (failed) {
    std::string line = watch_line("ERROR", refusal(*failed).body);
    if (co_await send_chunk(connection, std::move(line))) co_await send_chunk(connection, {});
    co_return false;
  }
  std::string lines;
  for (const Object& object : first.objects) {
    if (!wanted.fields.fits(object)) continue;
    lines += watch_line("ADDED", object.document);
    if (lines.size() < chunk_bytes) continue;
    const bool taken = co_await send_chunk(connection, std::exchange(lines, {}));
    if (!taken) co_return false;
  }
  if (!lines.empty()) co_return co_await send_chunk(connection, std::move(lines));
  co_return true;
}

asio::awaitable<void> ObjectServer::Listener::tell(Connection& connection, std::shared_ptr<WatchQueue> queue,
                                                   std::chrono::seconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!queue->gone()) {
    std::string lines = queue->take(chunk_bytes);
    const bool is_last = lines.empty() && (queue->expired() || std::chrono::steady_clock::now() >= end);
    if (lines.empty() && queue->expired()) {
      const Error missed(errc::not_found, "changes were missed; list again, and watch from there", "object.expired");
      lines = watch_line("ERROR", refusal(missed).body);
    }
    if (!lines.empty()) {
      const bool taken = co_await send_chunk(connection, std::move(lines));
      if (!taken) co_return;
    }
    if (is_last) {
      co_await send_chunk(connection, {});
      co_return;
    }
    co_await queue->wait(end);
  }
}

// Nothing is the last chunk. False: the client does not take it.
asio::awaitable<bool> ObjectServer::Listener::send_chunk(Connection& connection, std::string lines) {
  connection.stream.expires_after(limits.reply);
  error_code failure;
  if (lines.empty()) {
    const auto last = http::make_chunk_last();
    auto [failed, sent] = co_await asio::async_write(connection.stream, last, tuple);
    failure = failed;
  } else {
    const auto chunk = http::make_chunk(asio::buffer(lines));
    auto [failed, sent] = co_await asio::async_write(connection.stream, chunk, tuple);
    failure = failed;
  }
  co_return !failure;
}

// ---------------------------------------------------------------- the server

Result<std::unique_ptr<ObjectServer>> ObjectServer::listen(ObjectServerParts parts, const std::filesystem::path& path,
                                                           ObjectServerLimits limits) {
  auto socket = OwnSocket::listen(path);
  if (!socket) return std::move(socket).error();
  auto listener = std::make_unique<Listener>(std::move(parts), limits, std::move(*socket));
  return std::unique_ptr<ObjectServer>(new ObjectServer(std::move(listener)));
}

ObjectServer::ObjectServer(std::unique_ptr<Listener> listener) : listener_(std::move(listener)) {}
ObjectServer::~ObjectServer() = default;

asio::awaitable<void> ObjectServer::serve() { return listener_->accept(); }

void ObjectServer::stop() {
  listener_->stopping = true;
  error_code ignored;
  listener_->acceptor.close(ignored);
  for (Connection& each : listener_->connections) each.stream.close();
  listener_->changed.cancel();
}

}  // namespace stoker::host
