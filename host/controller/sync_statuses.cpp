#include "host/controller/sync_statuses.hpp"

#include "host/base/json_fields.hpp"
#include "host/controller/sync_events.hpp"

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds moment{200}, write_again_after{5000};

// The status of a stored object as JSON text; empty: it has none.
std::string status_in(const std::string& document) {
  boost::system::error_code none;
  const json::value whole = json::parse(document, none);
  const json::value* status = none || !whole.is_object() ? nullptr : whole.get_object().if_contains("status");
  return status ? json::serialize(*status) : std::string();
}

// The object with another status, as it is written.
std::string with_status(const std::string& document, std::uint64_t version, const std::string& status) {
  json::object whole = json::parse(document).as_object();
  whole["metadata"].as_object()["resourceVersion"] = std::to_string(version);
  whole["status"] = json::parse(status);
  return json::serialize(whole);
}

bool same_json(const std::string& one, const std::string& other) {
  if (one.empty() || other.empty()) return one == other;
  return json::parse(one) == json::parse(other);
}

}  // namespace

SyncStatuses::SyncStatuses(ObjectStore& store, asio::any_io_executor loop, const Clock& clock, ModuleLog log,
                           Metrics& metrics, Look look, Written written)
    : store_(store),
      clock_(clock),
      log_(log),
      look_(std::move(look)),
      written_(std::move(written)),
      changed_(std::move(loop), clock),
      events_(store, clock, log),
      metrics_(metrics) {}

void SyncStatuses::change(const std::string& sync) {
  if (due_.insert(sync).second) changed_.ring();
}

asio::awaitable<void> SyncStatuses::work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (due_.empty()) (void)co_await changed_.until(std::nullopt, stop);
    const bool go_on = co_await pause_for(clock_, failed_ ? write_again_after : moment, stop);
    if (!go_on) co_return;
    co_await write_all();
  }
}

asio::awaitable<void> SyncStatuses::write_all() {
  if (!std::exchange(opened_, true)) co_await events_.open();
  const std::set<std::string> due = std::exchange(due_, {});
  failed_ = false;
  for (const std::string& sync : due) {
    const bool written = co_await write(sync);
    if (written) continue;
    failed_ = true;
    due_.insert(sync);
  }
}

asio::awaitable<bool> SyncStatuses::write(std::string sync) {
  for (int tries = 0; tries < tries_max; ++tries) {
    std::optional<Known> known = look_(sync);
    if (!known) {
      metrics_.forget(sync);
      co_return true;
    }
    if (known->says_nothing_new) co_return true;
    if (tries > 0) {  // somebody else wrote it in the meantime
      auto fresh = co_await store_.get(known->object.key);
      known = look_(sync);  // its targets may be others by now
      if (!fresh || !known) co_return true;
      known->object = std::move(*fresh);
    }
    const std::string before = status_in(known->object.document);
    const std::string after = sync_status(known->input, before);
    const std::string name_space = known->object.key.name_space;
    const std::int64_t begun = clock_.monotonic_ms();
    const std::string result = metrics_.record(sync, name_space, known->input);
    if (same_json(before, after)) co_return true;
    auto written =
        co_await store_.update(resource::gateway_syncs, Part::status,
                               with_status(known->object.document, known->object.version, after), written_by_host);
    metrics_.count_pass(sync, name_space, result, static_cast<double>(clock_.monotonic_ms() - begun) / 1000.0);
    if (written) {
      written_(*written, known->object.version);
      co_await tell(std::move(*known), before, after);
      co_return true;
    }
    if (written.error() == errc::conflict) continue;
    log_.warning("the status of a Sync could not be written",
                 {{"sync", sync}, {"why", written.error().message}, {"code", written.error().code}});
    co_return false;
  }
  co_return false;  // others write it all the time
}

asio::awaitable<void> SyncStatuses::tell(Known known, std::string before, std::string after) {
  EventSubject about;
  about.api_version = "stoker.io/v1alpha1";
  about.kind = "GatewaySync";
  about.name_space = known.object.key.name_space;
  about.name = known.object.key.name;
  about.uid = known.object.uid;
  for (const EventText& each : events_between(before, after))
    co_await events_.write(about, each.is_warning, each.reason, each.message);
}

}  // namespace stoker::host
