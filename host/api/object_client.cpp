// Beast over a blocking socket.
#include "host/api/object_client.hpp"

#include "host/api/client_socket.hpp"
#include "host/api/status_answer.hpp"
#include "host/config/json_schema.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/json.hpp>
#include <boost/url/url.hpp>

#include <charconv>
#include <set>
#include <thread>

namespace stoker::host {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace json = boost::json;
using boost::system::error_code;

constexpr std::uint64_t answer_bytes_max = 1u << 30;
constexpr std::size_t line_bytes_max = 8u << 20;
constexpr std::chrono::milliseconds pause_between_watches{200}, look_at_stop{250};

using Parser = http::response_parser<http::string_body>;

Error broken(const std::filesystem::path& socket, error_code failure) {
  if (failure == boost::asio::error::timed_out)
    return Error(errc::timeout, socket.string() + ": the host did not answer in time", "host.timeout");
  if (failure == http::error::end_of_stream || failure == http::error::partial_message)
    return Error(errc::unreachable, socket.string() + ": the host ended the connection", "host.unreachable");
  return Error(errc::unreachable, socket.string() + ": " + failure.message(), "host.unreachable");
}

Result<json::value> parsed(std::string_view text) {
  error_code unreadable;
  json::parse_options options;
  options.max_depth = schema_depth_max + 4;  // a list lies around its objects
  json::value value = json::parse(json::string_view(text.data(), text.size()), unreadable, {}, options);
  if (unreadable || !value.is_object())
    return Error(errc::internal, "the host answered what is no JSON object", "host.answer");
  return value;
}

const json::value* at(const json::value& document, const char* pointer) {
  error_code none;
  return document.find_pointer(pointer, none);
}

std::string text_at(const json::value& document, const char* pointer) {
  const json::value* found = at(document, pointer);
  return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::uint64_t version_of(const json::value& document) {
  const std::string text = text_at(document, "/metadata/resourceVersion");
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

http::request<http::string_body> written(const std::string& method, const std::string& target, const std::string& type,
                                         const std::string& body) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, "stoker");
  request.set(http::field::accept, "application/json");
  request.keep_alive(false);
  if (!type.empty()) request.set(http::field::content_type, type);
  request.body() = body;
  request.prepare_payload();
  return request;
}

Parameters parameters_of(const Selection& selection) {
  Parameters all;
  if (!selection.labels.empty()) all["labelSelector"] = selection.labels;
  if (!selection.fields.empty()) all["fieldSelector"] = selection.fields;
  return all;
}

}  // namespace

Result<std::string> ObjectClient::request(const std::string& method, const std::string& target, const std::string& type,
                                          const std::string& body) {
  auto socket = ClientSocket::connect(socket_, std::chrono::steady_clock::now() + longest_);
  if (!socket) return std::move(socket).error();
  error_code failure;
  http::write(*socket, written(method, target, type, body), failure);
  const bool cut = bool(failure);  // the host may have answered before it had read everything
  beast::flat_buffer buffer;
  Parser parser;
  parser.body_limit(answer_bytes_max);
  error_code unread;
  http::read(*socket, buffer, parser, unread);
  if (unread) return broken(socket_, cut ? failure : unread);
  const unsigned code = parser.get().result_int();
  if (code >= 300) return error_of_status(code, parser.get().body());
  return std::move(parser.get().body());
}

Result<json::value> ObjectClient::document(const std::string& method, const ObjectPath& path, const std::string& type,
                                           const std::string& body) {
  auto answered = request(method, target_of(path), type, body);
  if (!answered) return std::move(answered).error();
  return parsed(*answered);
}

Result<std::string> ObjectClient::read_beside(const std::vector<std::string>& steps) {
  boost::urls::url path;
  path.set_path_absolute(true);
  for (const std::string& step : steps) path.segments().push_back(step);
  return request("GET", std::string(path.encoded_target()));
}

Result<void> ObjectClient::ask_health() {
  auto answered = request("GET", "/healthz");
  if (!answered) return std::move(answered).error();
  return {};
}

Result<json::value> ObjectClient::get(const Kind& kind, const std::string& name_space, const std::string& name) {
  return document("GET", ObjectPath(kind, name_space, name));
}

Result<ObjectList> ObjectClient::list(const Kind& kind, const Selection& selection) {
  auto answered = request("GET", target_of(ObjectPath(kind, selection.name_space), parameters_of(selection)));
  if (!answered) return std::move(answered).error();
  auto whole = parsed(*answered);
  if (!whole) return std::move(whole).error();
  ObjectList list;
  list.version = version_of(*whole);
  json::value* items = whole->get_object().if_contains("items");
  if (!items || !items->is_array())
    return Error(errc::internal, "the host answered a list without items", "host.answer");
  for (json::value& item : items->get_array()) list.items.push_back(std::move(item));
  return list;
}

Result<json::value> ObjectClient::create(const Kind& kind, const std::string& name_space, const std::string& text) {
  return document("POST", ObjectPath(kind, name_space), "application/json", text);
}

Result<json::value> ObjectClient::patch(const Kind& kind, const std::string& name_space, const std::string& name,
                                        const std::string& patch) {
  return document("PATCH", ObjectPath(kind, name_space, name), "application/merge-patch+json", patch);
}

Result<json::value> ObjectClient::remove(const Kind& kind, const std::string& name_space, const std::string& name,
                                         const std::string& uid) {
  std::string body;
  if (!uid.empty()) body = json::serialize(json::object{{"preconditions", {{"uid", uid}}}});
  return document("DELETE", ObjectPath(kind, name_space, name), "application/json", body);
}

// ---------------------------------------------------------------- changes

// True: `told` wants no more, or a stop was asked for. False: the watch ended, and goes on from `from`.
Result<bool> ObjectClient::watch(const Kind& kind, const Selection& selection, std::uint64_t& from,
                                 const Following& how, const Told& told) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  auto socket = ClientSocket::connect(socket_, std::min(how.until, now() + longest_));
  if (!socket) return std::move(socket).error();
  Parameters parameters = parameters_of(selection);
  parameters["watch"] = "1";
  parameters["resourceVersion"] = std::to_string(from);
  error_code failure;
  http::write(*socket, written("GET", target_of(ObjectPath(kind, selection.name_space), parameters), {}, {}), failure);
  if (failure) return broken(socket_, failure);
  beast::flat_buffer buffer;
  Parser parser;
  parser.body_limit(boost::none);
  http::read_header(*socket, buffer, parser, failure);
  if (failure) return broken(socket_, failure);
  if (const unsigned code = parser.get().result_int(); code >= 300) {
    http::read(*socket, buffer, parser, failure);
    return error_of_status(code, parser.get().body());
  }
  std::string& body = parser.get().body();
  while (!parser.is_done()) {
    socket->until(how.stop.stop_possible() ? std::min(how.until, now() + look_at_stop) : how.until);
    http::read_some(*socket, buffer, parser, failure);
    if (how.stop.stop_requested()) return true;
    if (failure == boost::asio::error::timed_out && now() < how.until) continue;  // it was time to look at the stop
    for (std::size_t end = body.find('\n'); end != std::string::npos; end = body.find('\n')) {
      auto line = parsed(std::string_view(body).substr(0, end));
      body.erase(0, end + 1);
      if (!line) return std::move(line).error();
      const std::string type = text_at(*line, "/type");
      const json::value* object = at(*line, "/object");
      if (!object) continue;
      if (type == "ERROR") {
        const json::value* code = at(*object, "/code");
        return error_of_status(code && code->is_int64() ? unsigned(code->get_int64()) : 500, json::serialize(*object));
      }
      from = std::max(from, version_of(*object));
      if (type != "BOOKMARK" && !told(type, *object)) return true;
    }
    if (failure == http::error::end_of_stream || failure == http::error::partial_message) return false;
    if (failure) return broken(socket_, failure);
    if (body.size() > line_bytes_max)
      return Error(errc::internal, "the host sent a line without an end", "host.answer");
  }
  return false;
}

// What was told already, to tell only what differs when a list comes in the place of changes that were missed.
struct ObjectClient::Seen {
  std::map<std::string, json::value> objects;  // by uid

  bool take(std::string_view type, const json::value& object, const Told& told) {
    const std::string uid = text_at(object, "/metadata/uid");
    if (type == "DELETED")
      objects.erase(uid);
    else
      objects[uid] = object;
    return told(type, object);
  }
  bool take_all(const std::vector<json::value>& items, const Told& told) {
    std::set<std::string> there;
    for (const json::value& item : items) {
      const std::string uid = text_at(item, "/metadata/uid");
      there.insert(uid);
      const auto known = objects.find(uid);
      if (known != objects.end() && version_of(known->second) == version_of(item)) continue;
      if (!take(known == objects.end() ? "ADDED" : "MODIFIED", item, told)) return false;
    }
    std::vector<json::value> gone;
    for (const auto& [uid, object] : objects)
      if (!there.contains(uid)) gone.push_back(object);
    for (const json::value& object : gone)
      if (!take("DELETED", object, told)) return false;
    return true;
  }
};

Result<void> ObjectClient::follow(const Kind& kind, const Selection& selection, const Following& how,
                                  const Told& told) {
  Seen seen;
  const Told take = [&](std::string_view type, const json::value& object) { return seen.take(type, object, told); };
  std::uint64_t from = 0;
  std::function<void()> when_listed = how.when_listed;
  for (bool listed = false;;) {
    if (how.stop.stop_requested()) return {};
    if (std::chrono::steady_clock::now() >= how.until)
      return Error(errc::timeout, "it did not happen in time", "host.timeout");
    if (!listed) {
      auto there = list(kind, selection);
      if (!there) return std::move(there).error();
      from = there->version;
      listed = true;
      if (!seen.take_all(there->items, told)) return {};
      if (auto tell = std::exchange(when_listed, {})) tell();
    }
    auto ended = watch(kind, selection, from, how, take);
    if (ended && *ended) return {};
    const bool missed = !ended && ended.error().code == "object.expired";
    if (!ended && !missed) return std::move(ended).error();
    if (missed) listed = false;
    std::this_thread::sleep_for(pause_between_watches);
  }
}

}  // namespace stoker::host
