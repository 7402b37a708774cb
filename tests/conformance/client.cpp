// See client.hpp.
#include "conformance/client.hpp"

#include "conformance/services.hpp"
#include "conformance/thing.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace conformance {
namespace {

constexpr std::chrono::seconds deadline{30}, deadline_of_next{60};

using Objects = stoker::testing::Collected<Object>;
using stoker::str;

const std::string& or_things(const std::string& resource) {
  static const std::string usual = things;
  return resource.empty() ? usual : resource;
}

// A write that hands back one object.
template <class Function>
Result<Object> one(Function function) {
  RealCall call(deadline);
  Objects written;
  if (const stoker_status status = function(call.raw(), written.sink())) return call.error(status);
  if (written.items.size() != 1) return stoker::Error(stoker::errc::internal, "not exactly one object was handed back");
  return written.items.front();
}

}  // namespace

Client::Client() : services_(std::make_unique<Services>()) {
  const char* file = std::getenv("STOKER_CONFORMANCE_PLUGIN");
  const char* settings = std::getenv("STOKER_CONFORMANCE_SETTINGS");
  if (!file) throw std::runtime_error("STOKER_CONFORMANCE_PLUGIN does not name the library of a platform");
  void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library) throw std::runtime_error(::dlerror());
  const auto* plugin = static_cast<const stoker_plugin*>(::dlsym(library, "stoker_plugin_entry"));
  if (plugin) table_ = static_cast<const stoker_platform_v1*>(plugin->query(str(STOKER_PLATFORM_ID)));
  if (!table_) throw std::runtime_error(std::string(file) + " is no platform");
  const std::string config = R"({"settings": )" + std::string(settings && *settings ? settings : "{}") +
                             R"(, "use": {}, "state": ")" + state_.path().string() + "\"}";
  RealCall call(deadline);
  if (plugin->open(services_->raw(), call.raw())) throw std::runtime_error("the plugin cannot be opened");
  if (const stoker_status status = table_->create(services_->raw(), call.raw(), str(config), &instance_))
    throw std::runtime_error(call.error(status).message);
  listening_ = std::thread([this] { listen(); });
}

Client::~Client() {
  cancelled_ = true;
  listening_.join();
  table_->destroy(instance_);
}

Result<Object> Client::get(const ObjectKey& key) {
  return one([&](const stoker_call* call, stoker_object_sink sink) {
    const stoker_key record = to_record(key);
    return table_->get(instance_, call, &record, sink);
  });
}

Result<Listed> Client::list(const std::string& name_space, const std::string& labels, const std::string& resource) {
  RealCall call(deadline);
  Objects all;
  Listed listed;
  const stoker_query query{str(or_things(resource)), str(name_space), str(labels)};
  if (const stoker_status status = table_->list(instance_, call.raw(), &query, all.sink(), &listed.version))
    return call.error(status);
  listed.objects = std::move(all.items);
  return listed;
}

Result<Object> Client::insert(const std::string& document, const std::string& by) {
  return one([&](const stoker_call* call, stoker_object_sink sink) {
    return table_->insert(instance_, call, str(things), str(document), str(by), sink);
  });
}

Result<Object> Client::update(Part part, const std::string& document, const std::string& by) {
  return one([&](const stoker_call* call, stoker_object_sink sink) {
    return table_->update(instance_, call, str(things), static_cast<std::uint32_t>(part), str(document), str(by), sink);
  });
}

Result<Object> Client::patch(const ObjectKey& key, Part part, const std::string& patch, const std::string& by) {
  return one([&](const stoker_call* call, stoker_object_sink sink) {
    const stoker_key record = to_record(key);
    return table_->patch(instance_, call, &record, static_cast<std::uint32_t>(part), str(patch), str(by), sink);
  });
}

Result<Object> Client::remove(const ObjectKey& key, const std::string& uid, std::uint64_t version) {
  return one([&](const stoker_call* call, stoker_object_sink sink) {
    const stoker_key record = to_record(key);
    return table_->remove(instance_, call, &record, str(uid), version, str("conformance"), sink);
  });
}

Result<std::uint64_t> Client::watch(const std::string& name_space, const std::string& labels, std::uint64_t from,
                                    const std::string& resource) {
  RealCall call(deadline);
  std::uint64_t number = 0;
  const stoker_query query{str(or_things(resource)), str(name_space), str(labels)};
  if (const stoker_status status = table_->watch(instance_, call.raw(), &query, from, &number))
    return call.error(status);
  return number;
}

Result<std::uint64_t> Client::watch_owner(const std::string& owner) {
  RealCall call(deadline);
  std::uint64_t number = 0;
  if (const stoker_status status = table_->watch_owner(instance_, call.raw(), str(owner), &number))
    return call.error(status);
  return number;
}

void Client::unwatch(std::uint64_t watch) { table_->unwatch(instance_, watch); }

Result<bool> Client::lead(const std::string& election, const std::string& candidate, std::chrono::milliseconds ttl) {
  RealCall call(deadline);
  std::int32_t leads = 0;
  if (const stoker_status status =
          table_->lead(instance_, call.raw(), str(election), str(candidate), ttl.count(), &leads))
    return call.error(status);
  return leads != 0;
}

Result<void> Client::resign(const std::string& election, const std::string& candidate) {
  RealCall call(deadline);
  if (const stoker_status status = table_->resign(instance_, call.raw(), str(election), str(candidate)))
    return call.error(status);
  return {};
}

void Client::listen() {
  while (!cancelled_) {
    RealCall call(deadline_of_next, &cancelled_);
    auto each = stoker::glue::collect<stoker_object_event, stoker_object_event_sink>([&](const stoker_object_event& e) {
      take(stoker::from_record(e));
      return Result<void>();
    });
    const stoker_status status = table_->next(instance_, call.raw(), each.sink());
    if (status == STOKER_OK || status == STOKER_E_TIMEOUT || status == STOKER_E_CANCELLED) continue;
    const std::lock_guard lock(mutex_);
    broken_ = call.error(status).message;
    came_.notify_all();
    return;
  }
}

void Client::take(const ObjectEvent& event) {
  const std::lock_guard lock(mutex_);
  events_[event.watch].push_back(event);
  came_.notify_all();
}

template <class Done>
std::vector<ObjectEvent> Client::wait_for(std::uint64_t watch, const Done& done) {
  std::vector<ObjectEvent> found;
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, patience, [&] {
    found.clear();
    for (const ObjectEvent& event : events_[watch])
      if (event.op != ObjectEvent::Op::bookmark) found.push_back(event);
    return done(found) || !broken_.empty();
  });
  if (!broken_.empty()) throw std::runtime_error("next failed: " + broken_);
  return found;
}

std::vector<ObjectEvent> Client::events(std::uint64_t watch, std::size_t count) {
  return wait_for(watch, [&](const auto& found) { return found.size() >= count; });
}

std::vector<ObjectEvent> Client::events_until(std::uint64_t watch, const std::string& name) {
  const auto is_last = [&](const ObjectEvent& event) { return event.object.key.name == name; };
  auto found = wait_for(watch, [&](const auto& all) { return std::any_of(all.begin(), all.end(), is_last); });
  const auto last = std::find_if(found.begin(), found.end(), is_last);
  if (last != found.end()) found.erase(last + 1, found.end());
  return found;
}

std::chrono::milliseconds Client::restart_listening() {
  const auto began = std::chrono::steady_clock::now();
  cancelled_ = true;
  listening_.join();
  const auto took = std::chrono::steady_clock::now() - began;
  cancelled_ = false;
  listening_ = std::thread([this] { listen(); });
  return std::chrono::duration_cast<std::chrono::milliseconds>(took);
}

}  // namespace conformance
