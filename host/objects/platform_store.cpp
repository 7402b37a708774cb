#include "host/objects/platform_store.hpp"

#include "host/calls/wakeup.hpp"

#include <algorithm>

namespace stoker::host {

namespace {
constexpr std::chrono::seconds next_deadline{60};
constexpr std::size_t early_max = 1000;  // events of one watch that nobody has asked for yet

Error closed(const std::string& why) { return Error(errc::unreachable, why, "object.closed").with_retry(true); }
}  // namespace

PlatformStore::PlatformStore(Workers& workers, ModuleFactory& factory, Services services)
    : workers_(workers),
      waiting_(workers.loop(), 1),
      factory_(factory),
      clock_(services.clock),
      log_(services.log.module("stoker")),
      closed_(closed("the objects are not open")) {}

PlatformStore::~PlatformStore() { watches_->platform = nullptr; }

Async<void> PlatformStore::open(bool only_look) {
  Result<void> opened;
  if (!platform_) opened = co_await make(only_look);
  if (opened) {  // no object has such a label: it only shows whether the store answers
    ObjectQuery nothing(resource::gateway_syncs, {}, "stoker.io/none");
    auto asked = co_await platform_->list(CallLimits(), std::move(nothing));
    if (!asked) opened = std::move(asked).error();
  }
  closed_.reset();
  if (!opened) closed_ = closed("the objects cannot be used now; this is tried again: " + opened.error().message);
  co_return opened;
}

Async<void> PlatformStore::make(bool only_look) {
  const std::vector<const ModuleConfig*> platforms = factory_.of_kind(STOKER_PLATFORM_ID);
  if (platforms.empty())
    co_return Error(errc::invalid,
                    "no module keeps the objects; enable one that offers " STOKER_PLATFORM_ID
                    ", such as platform-local",
                    "config.platform");
  std::string use = only_look ? R"({"onlyLook":true})" : "{}";
  auto made = co_await factory_.platform(workers_, *platforms.front(), std::move(use));
  if (!made) co_return std::move(made).error();
  platform_ = std::move(made).value();
  watches_->platform = platform_.get();
  co_return Result<void>();
}

Async<void> PlatformStore::end() {
  watches_->platform = nullptr;
  closed_ = closed("the objects are not open any more");
  if (!platform_) co_return Result<void>();
  auto ended = co_await platform_->end();
  platform_.reset();
  co_return ended;
}

// ---------------------------------------------------------------- objects

Async<Object> PlatformStore::get(ObjectKey key) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->get(CallLimits(), std::move(key));
}

Async<ListedObjects> PlatformStore::list(ObjectQuery query) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->list(CallLimits(), std::move(query));
}

Async<Object> PlatformStore::insert(std::string resource, std::string document, std::string by) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->insert(CallLimits(), std::move(resource), std::move(document), std::move(by));
}

Async<Object> PlatformStore::update(std::string resource, Part part, std::string document, std::string by) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->update(CallLimits(), std::move(resource), part, std::move(document), std::move(by));
}

Async<Object> PlatformStore::patch(ObjectKey key, Part part, std::string patch, std::string by) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->patch(CallLimits(), std::move(key), part, std::move(patch), std::move(by));
}

Async<Object> PlatformStore::remove(ObjectKey key, std::string uid, std::uint64_t version, std::string by) {
  if (closed_) co_return *closed_;
  co_return co_await platform_->remove(CallLimits(), std::move(key), std::move(uid), version, std::move(by));
}

// ---------------------------------------------------------------- watches

Async<ObjectStore::Watch> PlatformStore::watch(ObjectQuery query, std::uint64_t from, Told told) {
  if (closed_) co_return *closed_;
  ++watches_->beginning;
  auto begun = co_await platform_->watch(CallLimits(), std::move(query), from);
  --watches_->beginning;
  if (!begun) co_return std::move(begun).error();
  const std::uint64_t number = *begun;
  watches_->told[number] = std::move(told);
  const auto end = [number, weak = std::weak_ptr(watches_)](const void*) {
    const auto watches = weak.lock();
    if (!watches) return;
    watches->told.erase(number);
    if (watches->platform) watches->platform->unwatch(number);
  };
  Watch handle(static_cast<const void*>(watches_.get()), end);  // of a watch that is there it is never null
  if (auto early = watches_->early.extract(number)) hand_out(std::move(early.mapped()));
  if (watches_->beginning == 0) watches_->early.clear();
  co_return handle;
}

void PlatformStore::hand_out(std::vector<ObjectEvent> events) {
  for (ObjectEvent& event : events) {
    const auto found = watches_->told.find(event.watch);
    if (found == watches_->told.end()) {
      if (watches_->beginning == 0) continue;  // of a watch that is over
      std::vector<ObjectEvent>& early = watches_->early[event.watch];
      if (early.size() < early_max) early.push_back(std::move(event));
      continue;
    }
    const Told told = found->second;  // a copy: the watch may be destroyed by what it tells
    told(event);
  }
}

asio::awaitable<void> PlatformStore::work(std::stop_token stop) {
  while (!stop.stop_requested() && platform_) {
    const CallLimits limits(next_deadline, stop);
    auto events = co_await platform_->next(waiting_, limits);
    if (events) {
      failures_ = 0;
      hand_out(std::move(*events));
    } else if (events.error() != errc::cancelled) {
      co_await take_failure(std::move(events).error(), stop);
    }
  }
}

asio::awaitable<void> PlatformStore::take_failure(Error why, std::stop_token stop) {
  if (failures_ == 0)
    log_.error("the platform does not tell of changes; it is asked again", {{"why", why.message}, {"code", why.code}});
  const std::chrono::seconds pause(1 << std::min(failures_++, 6u));
  co_await pause_for(clock_, pause, stop);
}

}  // namespace stoker::host
