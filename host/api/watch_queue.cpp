#include "host/api/watch_queue.hpp"

#include "host/config/json_schema.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

// What is told of a removal carries its version, so that a watch can go on from there.
std::string at_version(const Object& object) {
  boost::system::error_code unreadable;
  json::parse_options options;
  options.max_depth = schema_depth_max;
  json::value document = json::parse(object.document, unreadable, {}, options);
  json::value* metadata = unreadable || !document.is_object() ? nullptr : document.get_object().if_contains("metadata");
  if (!metadata || !metadata->is_object()) return object.document;
  metadata->get_object()["resourceVersion"] = std::to_string(object.version);
  return json::serialize(document);
}

std::string bookmark(const Kind& kind, std::uint64_t version) {
  return json::serialize(json::object{{"kind", kind.kind},
                                      {"apiVersion", kind.api_version()},
                                      {"metadata", {{"resourceVersion", std::to_string(version)}}}});
}

}  // namespace

std::string watch_line(std::string_view type, std::string_view document) {
  std::string line = R"({"type":")";
  line += type;
  line += R"(","object":)";
  line += document;
  line += "}\n";
  return line;
}

void WatchQueue::put(const ObjectEvent& event) {
  if (expired_ || gone_) return;
  bell_.cancel();
  std::string line;
  switch (event.op) {
    case ObjectEvent::Op::added: line = watch_line("ADDED", event.object.document); break;
    case ObjectEvent::Op::changed: line = watch_line("MODIFIED", event.object.document); break;
    case ObjectEvent::Op::removed: line = watch_line("DELETED", at_version(event.object)); break;
    case ObjectEvent::Op::bookmark: line = watch_line("BOOKMARK", bookmark(kind_, event.object.version)); break;
    case ObjectEvent::Op::expired: expired_ = true; return;
    case ObjectEvent::Op::owner_gone:
    case ObjectEvent::Op::owner_unknown:
    case ObjectEvent::Op::owner_alive: return;
  }
  if (bytes_ > bytes_max) {
    expired_ = true;
    return;
  }
  bytes_ += line.size();
  lines_.push_back(std::move(line));
}

std::string WatchQueue::take(std::size_t bytes) {
  std::string taken;
  while (!lines_.empty() && (taken.empty() || taken.size() + lines_.front().size() <= bytes)) {
    taken += lines_.front();
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
  return taken;
}

asio::awaitable<void> WatchQueue::wait(std::chrono::steady_clock::time_point until) {
  if (gone_ || expired_ || !lines_.empty()) co_return;
  bell_.expires_at(until);
  co_await bell_.async_wait(asio::as_tuple(asio::use_awaitable));
}

}  // namespace stoker::host
