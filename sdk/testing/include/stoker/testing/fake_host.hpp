// SPDX-License-Identifier: Apache-2.0
// FakeHost: a host for unit tests of a plugin, without a Stoker process.
//
// Concept. A test makes a FakeHost, makes the plugin's object with it, and calls the object's functions. The fake host
// has a clock that the test sets, a log and metrics that the test reads, an HTTP client whose answers the test scripts,
// and kinds of objects that the test sets. It reads documents by JSON pointer, as the real host does. Made with the
// plugin's manifest it gives only the services that the manifest names, and fills in the defaults of its settings, as
// the real host does; without one it gives every service and fills in nothing. It never checks a configuration against
// the manifest's schema.
//
// The test owns the FakeHost, which must outlive the plugin's object. The services may be used on several threads.
// Header-only; it depends on the SDK alone.
//
//   FakeHost host{FakeManifest(STOKER_PLUGIN_MANIFEST)};
//   FakeCall call;
//   Pager pager(host.config(R"({"settings": {"url": "http://pager.test"}})"), host.host());
//   host.http.answer({200, {}, "ok"});
//   EXPECT_TRUE(pager.notify(call.call(), "key", "{}"));
#pragma once

#include <stoker/host.hpp>
#include <stoker/testing/fake_call.hpp>
#include <stoker/testing/fake_manifest.hpp>
#include <stoker/testing/json_text.hpp>

#include <deque>
#include <mutex>
#include <set>

namespace stoker::testing {

// A clock that moves only by `advance` and by `sleep`: a sleep returns at once and moves the clock by the slept time,
// at most to the call's deadline. It starts at 2025-01-02T03:04:05Z.
class FakeClock : public stoker_clock {
 public:
  FakeClock() : stoker_clock{} {
    struct_size = sizeof(stoker_clock);
    wall_ms = [](const stoker_clock* clock) { return of(clock).wall_.load(); };
    monotonic_ms = [](const stoker_clock* clock) { return of(clock).monotonic_.load(); };
    sleep = [](const stoker_clock* clock, const stoker_call* call, std::int64_t ms) { return of(clock).nap(call, ms); };
  }
  // Moves both clocks.
  void advance(std::chrono::milliseconds time) {
    wall_ += time.count();
    monotonic_ += time.count();
  }
  // Sets the wall clock alone, as a correction of the system's time does.
  void set_wall_ms(std::int64_t unix_ms) { wall_ = unix_ms; }
  // The monotonic clock.
  std::int64_t now_ms() const { return monotonic_; }
  // The times that `sleep` was called with, in order.
  std::vector<std::chrono::milliseconds> sleeps() const {
    const std::lock_guard lock(mutex_);
    return sleeps_;
  }

 private:
  static FakeClock& of(const stoker_clock* clock) {
    return *const_cast<FakeClock*>(static_cast<const FakeClock*>(clock));
  }
  stoker_status nap(const stoker_call* call, std::int64_t ms) {
    const std::int64_t remaining = call->remaining_ms(call);
    {
      const std::lock_guard lock(mutex_);
      sleeps_.emplace_back(ms);
    }
    if (call->cancelled(call)) return STOKER_E_CANCELLED;
    advance(std::chrono::milliseconds(std::clamp<std::int64_t>(ms, 0, std::max<std::int64_t>(remaining, 0))));
    return ms >= remaining ? STOKER_E_TIMEOUT : STOKER_OK;
  }

  std::atomic<std::int64_t> wall_ = 1'735'787'045'000;  // 2025-01-02T03:04:05Z
  std::atomic<std::int64_t> monotonic_ = 1'000'000;
  mutable std::mutex mutex_;
  std::vector<std::chrono::milliseconds> sleeps_;
};

// One line that the plugin logged.
struct LogLine {
  std::uint32_t severity = 0;
  std::string message;
  std::map<std::string, std::string, std::less<>> fields;
};

// A log that keeps every line, of every severity.
class FakeLog : public stoker_log {
 public:
  FakeLog() : stoker_log{} {
    struct_size = sizeof(stoker_log);
    enabled = [](const stoker_log*, std::uint32_t) { return 1; };
    write = [](const stoker_log* log, const stoker_call*, std::uint32_t severity, stoker_str message,
               const stoker_log_field* fields, std::size_t count) {
      LogLine line{severity, string(message), {}};
      for (std::size_t i = 0; i < count; ++i) line.fields[string(fields[i].name)] = string(fields[i].value);
      auto& self = *const_cast<FakeLog*>(static_cast<const FakeLog*>(log));
      const std::lock_guard lock(self.mutex_);
      self.lines_.push_back(std::move(line));
    };
  }
  std::vector<LogLine> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  // Does a message or a field's value contain `text`? For tests that a secret is not logged.
  bool says(std::string_view text) const {
    for (const LogLine& line : lines()) {
      if (line.message.find(text) != std::string::npos) return true;
      for (const auto& [name, value] : line.fields)
        if (value.find(text) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

// Metrics that the test reads. Refuses a name that does not start with "stoker_"; checks nothing else.
class FakeMetrics : public stoker_metrics {
 public:
  FakeMetrics() : stoker_metrics{} {
    struct_size = sizeof(stoker_metrics);
    declare = [](const stoker_metrics* metrics, const stoker_metric* metric, std::uint64_t* handle) -> stoker_status {
      auto& self = of(metrics);
      const std::lock_guard lock(self.mutex_);
      if (!view(metric->name).starts_with("stoker_")) return STOKER_E_INVALID;
      self.declared_.push_back({string(metric->name), metric->type});
      *handle = self.declared_.size();
      return STOKER_OK;
    };
    record = [](const stoker_metrics* metrics, std::uint64_t handle, const stoker_str* labels, std::size_t count,
                double value) {
      auto& self = of(metrics);
      const std::lock_guard lock(self.mutex_);
      if (handle == 0 || handle > self.declared_.size()) return;
      std::string key = self.declared_[handle - 1].first;
      for (std::size_t i = 0; i < count; ++i) key += "|" + string(labels[i]);
      const bool sums = self.declared_[handle - 1].second != STOKER_METRIC_GAUGE;
      self.values_[key] = sums ? self.values_[key] + value : value;
    };
  }
  // The sum of what was recorded in a counter or histogram, or the last value of a gauge; 0 when there is none. `key`
  // is the name and the label values: "stoker_pager_sent_total|ok".
  double value(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? 0 : found->second;
  }

 private:
  static FakeMetrics& of(const stoker_metrics* metrics) {
    return *const_cast<FakeMetrics*>(static_cast<const FakeMetrics*>(metrics));
  }
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::uint32_t>> declared_;
  std::map<std::string, double, std::less<>> values_;
};

// An HTTP client without a network. Each request gets the next answer of the script; when the script is empty,
// `handler` answers; without a handler the request fails with errc::internal. Keeps every request.
class FakeHttp : public stoker_http_client {
 public:
  FakeHttp() : stoker_http_client{} {
    struct_size = sizeof(stoker_http_client);
    stoker_http_client::send = [](const stoker_http_client* client, const stoker_call* call,
                                  const stoker_http_request* request, std::uint32_t* status,
                                  stoker_http_header_sink headers, stoker_byte_sink body, stoker_error_sink errors) {
      return const_cast<FakeHttp*>(static_cast<const FakeHttp*>(client))
          ->serve(call, *request, status, headers, body, errors);
    };
  }
  std::function<Result<HttpAnswer>(const HttpRequest&)> handler;
  // Add an answer, or a failure, to the script.
  void answer(HttpAnswer answer) { script_.emplace_back(std::move(answer)); }
  void fail(Error error) { script_.emplace_back(std::move(error)); }
  // All requests so far, in order.
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  // How long each of them might take.
  std::vector<std::int64_t> limits_ms() const {
    const std::lock_guard lock(mutex_);
    return limits_ms_;
  }

 private:
  Result<HttpAnswer> next(const stoker_call* call, HttpRequest request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    limits_ms_.push_back(call->remaining_ms(call));
    if (call->cancelled(call)) return Error(errc::cancelled, "http: cancelled");
    if (call->remaining_ms(call) <= 0) return Error(errc::timeout, "http: the deadline passed", "http.timeout");
    if (!script_.empty()) {
      Result<HttpAnswer> scripted = std::move(script_.front());
      script_.pop_front();
      return scripted;
    }
    if (handler) return handler(request);
    return Error(errc::internal, "http: the test has no answer for " + request.method + " " + request.url);
  }
  stoker_status serve(const stoker_call* call, const stoker_http_request& record, std::uint32_t* status,
                      stoker_http_header_sink headers, stoker_byte_sink body, stoker_error_sink errors) {
    HttpRequest request{string(record.method), string(record.url), {},
                        string(record.body),   string(record.ca),  record.answer_bytes_max};
    for (std::size_t i = 0; i < record.headers_count; ++i)
      request.headers.emplace_back(string(record.headers[i].name), string(record.headers[i].value));
    const std::uint64_t bytes_max = request.answer_bytes_max ? request.answer_bytes_max : 1 << 20;
    Result<HttpAnswer> answer = next(call, std::move(request));
    if (answer && answer->body.size() > bytes_max)
      answer = Error(errc::exhausted, "http: the answer is longer than allowed", "http.too-large");
    if (!answer) {
      const stoker_error why = glue::to_record(answer.error());
      errors.put(errors.to, &why, 1);
      return why.status;
    }
    *status = answer->status;
    for (const auto& [name, value] : answer->headers) {
      const stoker_http_header header{str(name), str(value)};
      if (const stoker_status refused = headers.put(headers.to, &header, 1)) return refused;
    }
    return put_bytes(body, answer->body);
  }

  mutable std::mutex mutex_;
  std::deque<Result<HttpAnswer>> script_;
  std::vector<HttpRequest> requests_;
  std::vector<std::int64_t> limits_ms_;
};

// The kinds of objects for a platform: one "things.example.io" (kind Thing, version v1, with a status of its own)
// unless the test sets others. The check of a document is a function that the test sets; without one each document is
// right and complete. Set both before the plugin's object uses them.
class FakeKinds : public stoker_kinds {
 public:
  // Answers the complete document, or why it is wrong. `before` is empty for a new object.
  using Check =
      std::function<Result<std::string>(std::string_view resource, std::string_view before, std::string_view document)>;
  FakeKinds() : stoker_kinds{} {
    struct_size = sizeof(stoker_kinds);
    list = [](const stoker_kinds* raw, stoker_kind_sink sink) -> stoker_status {
      for (const Kinds::Kind& kind : of(raw).kinds) {
        const stoker_kind record{str(kind.resource),
                                 str(kind.group),
                                 str(kind.version),
                                 str(kind.kind),
                                 str(kind.plural),
                                 kind.has_status ? 1u : 0u,
                                 0};
        if (const stoker_status refused = sink.put(sink.to, &record, 1)) return refused;
      }
      return STOKER_OK;
    };
    stoker_kinds::check = [](const stoker_kinds* raw, stoker_str resource, stoker_str before, stoker_str document,
                             stoker_text_sink complete, stoker_error_sink errors) {
      return of(raw).checked(view(resource), view(before), view(document), complete, errors);
    };
  }
  std::vector<Kinds::Kind> kinds = {{"things.example.io", "example.io", "v1", "Thing", "things", true}};
  Check check_document;

 private:
  static const FakeKinds& of(const stoker_kinds* kinds) { return *static_cast<const FakeKinds*>(kinds); }
  stoker_status checked(std::string_view resource, std::string_view before, std::string_view document,
                        stoker_text_sink complete, stoker_error_sink errors) const {
    if (std::none_of(kinds.begin(), kinds.end(), [&](const Kinds::Kind& kind) { return kind.resource == resource; }))
      return STOKER_E_NOT_FOUND;
    Result<std::string> answer = check_document ? check_document(resource, before, document) : std::string(document);
    if (!answer) {
      const stoker_error why = glue::to_record(answer.error());
      errors.put(errors.to, &why, 1);
      return why.status;
    }
    const stoker_str text = str(*answer);
    return complete.put(complete.to, &text, 1);
  }
};

// The host. It gives the services that the manifest names, or all without a manifest, unless the test takes one away.
class FakeHost {
 public:
  FakeHost() : raw_(*this) {}
  explicit FakeHost(FakeManifest manifest) : raw_(*this), manifest_(std::move(manifest)) {}
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  FakeClock clock;
  FakeLog log;
  FakeMetrics metrics;
  FakeHttp http;
  FakeKinds kinds;

  // From now on this service is not given, as if the manifest did not name it in `needs`.
  void without(std::string id) { withheld_.insert(std::move(id)); }
  // The ids of services that were asked for and not given.
  std::vector<std::string> refused() const { return refused_; }

  // The host for a constructor of a plugin's class, and for a function of a C table.
  Host& host() { return host_; }
  const stoker_host* raw() const { return &raw_; }
  // A configuration with this document, which the fake host keeps: valid as long as the fake host.
  Config config(std::string_view document) {
    return Config(host_, documents_.emplace_back(manifest_ ? manifest_->completed(document) : std::string(document)));
  }
  // A call whose deadline is `limit` from now on the fake clock.
  std::unique_ptr<FakeCall> call(std::chrono::milliseconds limit) {
    return std::make_unique<FakeCall>([this, end = clock.now_ms() + limit.count()] { return end - clock.now_ms(); });
  }

 private:
  struct Raw : stoker_host {
    explicit Raw(FakeHost& fake) : stoker_host{}, owner(&fake) {
      struct_size = sizeof(stoker_host);
      abi_major = STOKER_ABI_MAJOR;
      abi_minor = STOKER_ABI_MINOR;
      query = [](const stoker_host* host, stoker_str id) { return of(host).service(view(id)); };
      value = [](const stoker_host*, stoker_str document, stoker_str pointer, std::int32_t plain,
                 stoker_text_sink sink) { return put_value(view(document), view(pointer), plain != 0, sink); };
      keys = [](const stoker_host*, stoker_str document, stoker_str pointer, stoker_text_sink sink) {
        return put_keys(view(document), view(pointer), sink);
      };
    }
    static FakeHost& of(const stoker_host* host) { return *static_cast<const Raw*>(host)->owner; }
    FakeHost* owner;
  };

  const void* service(std::string_view id) {
    if (!withheld_.contains(id) && (!manifest_ || manifest_->names(id))) {
      if (id == STOKER_CLOCK_ID) return static_cast<const stoker_clock*>(&clock);
      if (id == STOKER_LOG_ID) return static_cast<const stoker_log*>(&log);
      if (id == STOKER_METRICS_ID) return static_cast<const stoker_metrics*>(&metrics);
      if (id == STOKER_HTTP_CLIENT_ID) return static_cast<const stoker_http_client*>(&http);
      if (id == STOKER_KINDS_ID) return static_cast<const stoker_kinds*>(&kinds);
    }
    refused_.emplace_back(id);
    return nullptr;
  }
  static stoker_status put(std::string_view text, stoker_text_sink sink) {
    const auto done = Text(sink).put(text);
    return done ? STOKER_OK : status_of(done.error().kind);
  }
  static stoker_status put_value(std::string_view document, std::string_view pointer, bool plain,
                                 stoker_text_sink sink) {
    const auto whole = JsonText::parse(document);
    if (!whole) return STOKER_E_INVALID;
    const auto found = whole->at(pointer);
    if (!found) return STOKER_E_NOT_FOUND;
    return plain ? put(found->plain(), sink) : put(found->json(), sink);
  }
  static stoker_status put_keys(std::string_view document, std::string_view pointer, stoker_text_sink sink) {
    const auto whole = JsonText::parse(document);
    if (!whole) return STOKER_E_INVALID;
    const auto found = whole->at(pointer);
    if (!found) return STOKER_E_NOT_FOUND;
    for (const std::string& key : found->keys())
      if (const stoker_status refused = put(key, sink)) return refused;
    return STOKER_OK;
  }

  Raw raw_;
  Host host_{&raw_};
  const std::optional<FakeManifest> manifest_;
  std::set<std::string, std::less<>> withheld_;
  std::vector<std::string> refused_;
  std::deque<std::string> documents_;
};

}  // namespace stoker::testing
