// See plugin_host.hpp.
#include "host/offered/plugin_host.hpp"

#include <stoker/abi/services.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t missing_max = 16, id_bytes_max = 128;

std::string_view text_of(stoker_str s) { return s.len ? std::string_view(s.ptr, s.len) : std::string_view(); }
stoker_str str_of(std::string_view s) { return {s.data(), s.size()}; }

// A single number is written as people write it; Boost.JSON would write 10.0 as 1E1.
std::string written(const json::value& value) {
  if (!value.is_double()) return json::serialize(value);
  std::array<char, 32> digits{};
  return std::string(digits.data(),
                     std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double()).ptr);
}

// The value at a JSON pointer, or null and the status that says why there is none.
const json::value* at(const json::value& root, std::string_view pointer, stoker_status& status) {
  json::error_code failure;
  const json::value* found = root.find_pointer(json::string_view(pointer.data(), pointer.size()), failure);
  const bool malformed = failure == json::error::missing_slash || failure == json::error::invalid_escape;
  status = found ? STOKER_OK : malformed ? STOKER_E_INVALID : STOKER_E_NOT_FOUND;
  return found;
}

stoker_status put_value(const json::value& value, bool plain, stoker_text_sink to) {
  if (plain && value.is_string()) {
    const json::string& text = value.get_string();
    const stoker_str record = str_of(std::string_view(text.data(), text.size()));
    return to.put(to.to, &record, 1);
  }
  const std::string text = written(value);
  const stoker_str record = str_of(text);
  return to.put(to.to, &record, 1);
}

stoker_status put_keys(const json::value& value, stoker_text_sink to) {
  std::vector<std::string> names;
  if (value.is_object())
    for (const auto& member : value.get_object()) names.emplace_back(member.key().data(), member.key().size());
  if (value.is_array())
    for (std::size_t i = 0; i < value.get_array().size(); ++i) names.push_back(std::to_string(i));
  std::vector<stoker_str> records;
  for (const std::string& name : names) records.push_back(str_of(name));
  return records.empty() ? STOKER_OK : to.put(to.to, records.data(), records.size());
}

// Runs `body` so that no exception reaches the plugin.
template <class Body>
stoker_status guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return STOKER_E_EXHAUSTED;
  } catch (const std::exception&) {
    return STOKER_E_INTERNAL;
  }
}

}  // namespace

struct PluginHost::Parsed {
  std::string text;
  json::value root;
};

PluginHost::PluginHost(std::string module, std::vector<std::string> needs, Log& log, const Clock& clock,
                       Metrics& metrics, const stoker_kinds* kinds)
    : module_(std::move(module)),
      needs_(std::move(needs)),
      face_{{}, this},
      log_(log.module(module_)),
      log_service_(log.module(module_)),
      clock_service_(clock),
      metrics_service_(metrics, module_, log.module(module_)),
      kinds_(kinds),
      refused_(metrics.counter("stoker_plugin_services_refused_total",
                               "Services that a plugin asked for although its manifest does not name them",
                               {"module"})) {
  face_.struct_size = sizeof(stoker_host);
  face_.abi_major = STOKER_ABI_MAJOR;
  face_.abi_minor = STOKER_ABI_MINOR;
  face_.query = [](const stoker_host* self, stoker_str id) { return of(self).service(text_of(id)); };
  face_.value = [](const stoker_host* self, stoker_str document, stoker_str pointer, std::int32_t plain,
                   stoker_text_sink to) {
    return guarded([&] {
      const auto whole = of(self).parsed(text_of(document));
      if (!whole) return stoker_status{STOKER_E_INVALID};
      stoker_status status = STOKER_OK;
      const json::value* found = at(whole->root, text_of(pointer), status);
      return found ? put_value(*found, plain != 0, to) : status;
    });
  };
  face_.keys = [](const stoker_host* self, stoker_str document, stoker_str pointer, stoker_text_sink to) {
    return guarded([&] {
      const auto whole = of(self).parsed(text_of(document));
      if (!whole) return stoker_status{STOKER_E_INVALID};
      stoker_status status = STOKER_OK;
      const json::value* found = at(whole->root, text_of(pointer), status);
      if (!found) return status;
      return found->is_structured() ? put_keys(*found, to) : stoker_status{STOKER_E_NOT_FOUND};
    });
  };
}

PluginHost::~PluginHost() = default;

const void* PluginHost::service(std::string_view id) const {
  if (std::ranges::find(needs_, id) == needs_.end()) {
    refused_.record(1, {module_});
    warn_of_missing_need(id);
    return nullptr;
  }
  if (id == STOKER_LOG_ID) return static_cast<const stoker_log*>(&log_service_);
  if (id == STOKER_CLOCK_ID) return static_cast<const stoker_clock*>(&clock_service_);
  if (id == STOKER_METRICS_ID) return static_cast<const stoker_metrics*>(&metrics_service_);
  if (id == STOKER_HTTP_CLIENT_ID) return http_client_.table();
  if (id == STOKER_KINDS_ID) return kinds_;
  return nullptr;
}

// Once for each id: a plugin may ask again and again.
void PluginHost::warn_of_missing_need(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  if (missing_.size() >= missing_max || !missing_.emplace(id.substr(0, id_bytes_max)).second) return;
  log_.warning("the plugin asked for a service that its manifest does not name in `needs`, so it does not get it",
               {{"service", id.substr(0, id_bytes_max)}});
}

std::shared_ptr<const PluginHost::Parsed> PluginHost::parsed(std::string_view document) const {
  if (document.size() > STOKER_DOCUMENT_BYTES_MAX) return nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (last_ && last_->text == document) return last_;
  }
  auto fresh = std::make_shared<Parsed>();
  json::error_code failure;
  fresh->root = json::parse(json::string_view(document.data(), document.size()), failure);
  if (failure) return nullptr;
  fresh->text = document;
  const std::lock_guard lock(mutex_);
  last_ = fresh;
  return fresh;
}

}  // namespace stoker::host
