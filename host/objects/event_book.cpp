#include "host/objects/event_book.hpp"

#include "host/base/digest.hpp"
#include "host/base/json_fields.hpp"
#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::size_t digest_digits = 16, name_beginning = 200, message_bytes_max = 1024;

std::string name_of(const EventSubject& about, const std::string& reason, const std::string& message) {
  Digest digest;
  digest.update(about.kind + "/" + about.uid + "/" + reason + "/").update(message);
  return about.name.substr(0, name_beginning) + "." + digest.hex().substr(0, digest_digits);
}

std::string document_of(const std::string& name, const EventSubject& about, bool is_warning, const std::string& reason,
                        const std::string& message, const std::string& now) {
  const json::object whole{{"apiVersion", "v1"},
                           {"kind", "Event"},
                           {"metadata", {{"name", name}, {"namespace", about.name_space}}},
                           {"involvedObject",
                            {{"apiVersion", about.api_version},
                             {"kind", about.kind},
                             {"namespace", about.name_space},
                             {"name", about.name},
                             {"uid", about.uid}}},
                           {"type", is_warning ? "Warning" : "Normal"},
                           {"reason", reason},
                           {"message", message},
                           {"count", 1},
                           {"firstTimestamp", now},
                           {"lastTimestamp", now},
                           {"source", {{"component", "stoker"}}}};
  return json::serialize(whole);
}

}  // namespace

asio::awaitable<void> EventBook::open() {
  auto listed = co_await store_.list(ObjectQuery(resource::events));
  if (!listed) {
    say_failure(listed.error());
    co_return;
  }
  std::vector<std::pair<std::string, std::string>> by_time;
  for (const Object& object : listed->objects) {
    JsonDocument document(object.document);
    const JsonFields fields = document.fields();
    known_[object.key.name] = {fields.count("count", 1), object.key.name_space};
    by_time.emplace_back(fields.text("lastTimestamp"), object.key.name);
  }
  std::sort(by_time.begin(), by_time.end());
  for (auto& [time, name] : by_time) oldest_first_.push_back(std::move(name));
}

asio::awaitable<void> EventBook::write(EventSubject about, bool is_warning, std::string reason, std::string message) {
  message = std::string(beginning(message, message_bytes_max));
  const std::string name = name_of(about, reason, message), now = rfc3339(clock_.wall_ms());
  const auto known = known_.find(name);
  Result<Object> written;
  if (known != known_.end()) {
    const json::object patch{{"count", known->second.count + 1}, {"lastTimestamp", now}};
    const ObjectKey key(resource::events, about.name_space, name);
    written = co_await store_.patch(key, Part::spec, json::serialize(patch), written_by_host);
  }
  if (!written)
    written = co_await store_.insert(resource::events, document_of(name, about, is_warning, reason, message, now),
                                     written_by_host);
  if (!written) {
    say_failure(written.error());
    co_return;
  }
  failure_.clear();
  Written& kept = known_[name];
  if (kept.count++ == 0) oldest_first_.push_back(name);
  kept.name_space = about.name_space;
  co_await drop_oldest();
}

asio::awaitable<void> EventBook::drop_oldest() {
  while (oldest_first_.size() > events_max) {
    const std::string name = oldest_first_.front();
    const ObjectKey key(resource::events, known_[name].name_space, name);
    oldest_first_.pop_front();
    known_.erase(name);
    auto removed = co_await store_.remove(key, "", 0, written_by_host);
    if (!removed && removed.error() != errc::not_found) say_failure(removed.error());
  }
}

void EventBook::say_failure(const Error& why) {
  if (std::exchange(failure_, why.message) == why.message) return;
  log_.warning("an Event could not be written", {{"why", why.message}, {"code", why.code}});
}

}  // namespace stoker::host
