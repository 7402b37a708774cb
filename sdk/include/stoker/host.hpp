// SPDX-License-Identifier: Apache-2.0
// Host, its services (Log, Clock, Metric, HttpClient, Kinds), and Config: what a plugin's class gets in its
// constructor.
//
// Concept. An instance is one object of a plugin's class. The host makes it with a Config, which says what the instance
// is for, and a Host, which gives access to the host's services. A plugin gets a service only if its manifest names the
// service in `needs` or `optionalNeeds`. Without that, using it is safe: each class says what it then does, and the
// host logs a warning with the id that is missing.
//
// Lifetime. The Host lives longer than the instance: keep a reference to it, or keep the services, which are small
// values to copy. Config is valid in the constructor only: read what you need into members of your own.
//
// Threads. Host, Log, Clock and Metric may be used on any thread; they do not block, except Clock::sleep. Clock::sleep
// and HttpClient::send block: use them within a call and hand them that call.
#pragma once

#include <stoker/abi/services.h>
#include <stoker/call.hpp>
#include <stoker/duration.hpp>

#include <charconv>
#include <initializer_list>
#include <vector>

namespace stoker {

// A text that must not be printed, such as a password. It has no stream operator and no formatter; only `reveal`
// returns the text. It is not encrypted in memory.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// Writes lines to the host's log, under the module's name. Each function writes one line, with fields as key and value.
// Copies everything. Writes nothing when the manifest does not name "stoker.log/1". Never log a secret.
class Log {
 public:
  explicit Log(const stoker_log* log = nullptr) : log_(log) {}
  using Field = std::pair<std::string_view, std::string_view>;
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(STOKER_LOG_DEBUG, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(STOKER_LOG_INFO, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(STOKER_LOG_WARNING, message, fields);
  }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) const {
    write(STOKER_LOG_ERROR, message, fields);
  }

 private:
  void write(std::uint32_t severity, std::string_view message, std::initializer_list<Field> fields) const {
    if (!log_ || !log_->enabled(log_, severity)) return;
    std::vector<stoker_log_field> records;
    for (const Field& field : fields) records.push_back({str(field.first), str(field.second)});
    log_->write(log_, nullptr, severity, str(message), records.data(), records.size());
  }
  const stoker_log* log_;
};

// The host's clock; a test can set its time. When the manifest does not name "stoker.clock/1", the times are those of
// the system, and `sleep` fails with errc::internal.
class Clock {
 public:
  explicit Clock(const stoker_clock* clock = nullptr) : clock_(clock) {}
  // Unix time in milliseconds; it may jump.
  std::int64_t wall_ms() const { return clock_ ? clock_->wall_ms(clock_) : ms_of<std::chrono::system_clock>(); }
  // Milliseconds since some start. Never goes back. The host's clock counts the time in which the machine was
  // suspended.
  std::int64_t monotonic_ms() const {
    return clock_ ? clock_->monotonic_ms(clock_) : ms_of<std::chrono::steady_clock>();
  }
  // Blocks for `wait`. Fails early with errc::cancelled (50 ms after a cancel at the latest), or with errc::timeout at
  // the call's deadline: return that error.
  Result<void> sleep(Call& call, std::chrono::milliseconds wait) const {
    if (!clock_) return Error(errc::internal, "the manifest does not name stoker.clock/1 in needs");
    if (const stoker_status status = clock_->sleep(clock_, call.raw(), wait.count()))
      return Error(errc_of(status), status == STOKER_E_CANCELLED ? "cancelled" : "the deadline passed");
    return {};
  }

 private:
  template <class System>
  static std::int64_t ms_of() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(System::now().time_since_epoch()).count();
  }
  const stoker_clock* clock_;
};

// A metric, from Host::metric. `record` adds to a counter, sets a gauge, or observes into a histogram (in seconds).
// Give one label value for each declared label. A default Metric records nothing.
class Metric {
 public:
  Metric() = default;
  Metric(const stoker_metrics* metrics, std::uint64_t handle) : metrics_(metrics), handle_(handle) {}
  void record(double value, std::initializer_list<std::string_view> labels = {}) const {
    if (!metrics_) return;
    std::vector<stoker_str> values;
    for (std::string_view label : labels) values.push_back(str(label));
    metrics_->record(metrics_, handle_, values.data(), values.size(), value);
  }

 private:
  const stoker_metrics* metrics_ = nullptr;
  std::uint64_t handle_ = 0;
};

// One request. At most 100 headers of 64 KiB together, and a body of 8 MiB.
struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https, without user information
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string ca;                      // PEM text of the only authorities to trust; empty: those of the system
  std::uint64_t answer_bytes_max = 0;  // 0: 1 MiB; a longer answer is errc::exhausted
};

// The answer of a server, whatever its status code is.
struct HttpAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // The value of the first header with this name; upper and lower case are the same. Empty if there is none.
  std::string_view header(std::string_view wanted) const {
    for (const auto& [key, value] : headers) {
      const bool same =
          key.size() == wanted.size() && std::equal(key.begin(), key.end(), wanted.begin(), [](char a, char b) {
            return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
          });
      if (same) return value;
    }
    return {};
  }
};

// Sends requests through the host, which checks certificates and keeps the bounds. It does not follow redirects.
//
// `send` blocks until the answer is there, at most until the call's deadline or cancel. An answer with any status code
// is a success: look at HttpAnswer::status. A failure has a code such as "http.refused" or "http.tls" (all of them:
// stoker/abi/services.h). Fails with errc::internal when the manifest does not name "stoker.http-client/1".
class HttpClient {
 public:
  explicit HttpClient(const stoker_http_client* client = nullptr) : client_(client) {}
  Result<HttpAnswer> send(Call& call, const HttpRequest& request) const {
    if (!client_) return Error(errc::internal, "the manifest does not name stoker.http-client/1 in needs");
    std::vector<stoker_http_header> headers;
    for (const auto& [key, value] : request.headers) headers.push_back({str(key), str(value)});
    stoker_http_request record{};
    record.struct_size = sizeof record;
    record.method = str(request.method);
    record.url = str(request.url);
    record.headers = headers.data();
    record.headers_count = headers.size();
    record.body = str(request.body);
    record.ca = str(request.ca);
    record.answer_bytes_max = request.answer_bytes_max;
    HttpAnswer answer;
    Error why(errc::internal, "http: failed without a reason");
    std::uint32_t status = 0;
    auto into_headers = glue::collect<stoker_http_header, stoker_http_header_sink>([&](const stoker_http_header& h) {
      answer.headers.emplace_back(string(h.name), string(h.value));
      return Result<void>();
    });
    auto into_body = glue::collect_bytes([&](std::string_view bytes) {
      answer.body.append(bytes);
      return Result<void>();
    });
    auto into_error = glue::collect<stoker_error, stoker_error_sink>([&](const stoker_error& e) {
      why = glue::from_record(e);
      return Result<void>();
    });
    if (client_->send(client_, call.raw(), &record, &status, into_headers.sink(), into_body.sink(), into_error.sink()))
      return why;
    answer.status = status;
    return answer;
  }

 private:
  const stoker_http_client* client_;
};

// The kinds of objects that the host knows, for a platform. Every function fails with errc::internal when the manifest
// does not name "stoker.kinds/1". [any thread]
class Kinds {
 public:
  struct Kind {
    std::string resource, group, version, kind, plural;  // "gatewaysyncs.stoker.io", "stoker.io", "v1alpha1", ...
    bool has_status = false;                             // its status is a part of its own
  };
  explicit Kinds(const stoker_kinds* kinds = nullptr) : kinds_(kinds) {}
  Result<std::vector<Kind>> list() const {
    if (!kinds_) return missing();
    std::vector<Kind> found;
    auto into = glue::collect<stoker_kind, stoker_kind_sink>([&](const stoker_kind& k) {
      found.push_back({string(k.resource), string(k.group), string(k.version), string(k.kind), string(k.plural),
                       k.has_status != 0});
      return Result<void>();
    });
    if (kinds_->list(kinds_, into.sink())) return Error(errc::internal, "the kinds cannot be listed");
    return found;
  }
  // The document with all defaults. `before`: the document that it replaces; empty for a new object. errc::invalid,
  // "object.invalid": the detail lists what is wrong. errc::not_found: there is no such resource.
  Result<std::string> check(std::string_view resource, std::string_view before, std::string_view document) const {
    if (!kinds_) return missing();
    std::string complete;
    Error why(errc::not_found, "there is no resource " + std::string(resource), "object.no-resource");
    auto into = glue::collect<stoker_str, stoker_text_sink>([&](stoker_str text) {
      complete = string(text);
      return Result<void>();
    });
    auto into_error = glue::collect<stoker_error, stoker_error_sink>([&](const stoker_error& e) {
      why = glue::from_record(e);
      return Result<void>();
    });
    if (kinds_->check(kinds_, str(resource), str(before), str(document), into.sink(), into_error.sink())) return why;
    return complete;
  }

 private:
  static Error missing() { return {errc::internal, "the manifest does not name stoker.kinds/1 in needs"}; }
  const stoker_kinds* kinds_;
};

// The host, as one instance sees it. A reference to it may be kept as long as the instance lives. [any thread]
class Host {
 public:
  explicit Host(const stoker_host* host) : host_(host) {}
  // The services. Each may be asked for and used without the need; the class says what it then does.
  Log log() const { return Log(service<stoker_log>(STOKER_LOG_ID)); }
  Clock clock() const { return Clock(service<stoker_clock>(STOKER_CLOCK_ID)); }
  Kinds kinds() const { return Kinds(service<stoker_kinds>(STOKER_KINDS_ID)); }
  HttpClient http_client() const { return HttpClient(service<stoker_http_client>(STOKER_HTTP_CLIENT_ID)); }
  // Declares a metric. Only within the constructor of a plugin's class. `type` is one of STOKER_METRIC_...; `name` is
  // stoker_<plugin>_<what>[_unit]. When it cannot be declared (bad name, 50 metrics, no need "stoker.metrics/1"), the
  // returned Metric records nothing.
  Metric metric(std::uint32_t type, std::string_view name, std::string_view help,
                std::initializer_list<std::string_view> labels = {}) const {
    const auto* metrics = service<stoker_metrics>(STOKER_METRICS_ID);
    if (!metrics) return {};
    std::vector<stoker_str> names;
    for (std::string_view label : labels) names.push_back(str(label));
    const stoker_metric metric{str(name), str(help), names.data(), names.size(), type, 0};
    std::uint64_t handle = 0;
    if (metrics->declare(metrics, &metric, &handle)) return {};
    return Metric(metrics, handle);
  }
  // The value at the JSON pointer `pointer` ("/target/name"; "" is the whole document) of the JSON text `document`.
  // With `plain` a string comes without quotes and escapes; anything else comes as JSON text, also null ("null").
  // Nothing when there is no such value, or when `document` is not JSON or longer than 256 KiB.
  std::optional<std::string> value(std::string_view document, std::string_view pointer, bool plain = true) const {
    std::optional<std::string> found;
    auto into = glue::collect<stoker_str, stoker_text_sink>([&](stoker_str text) {
      found = string(text);
      return Result<void>();
    });
    if (host_->value(host_, str(document), str(pointer), plain ? 1 : 0, into.sink())) return std::nullopt;
    return found;
  }
  // The keys of the object at `pointer`, in order, or "0", "1", ... for an array; empty for anything else.
  std::vector<std::string> keys(std::string_view document, std::string_view pointer) const {
    std::vector<std::string> found;
    auto into = glue::collect<stoker_str, stoker_text_sink>([&](stoker_str text) {
      found.push_back(string(text));
      return Result<void>();
    });
    if (host_->keys(host_, str(document), str(pointer), into.sink())) return {};
    return found;
  }
  const stoker_host* raw() const { return host_; }

 private:
  template <class Table>
  const Table* service(std::string_view id) const {
    return static_cast<const Table*>(host_->query(host_, str(id)));
  }
  const stoker_host* host_;
};

// The configuration of one instance, a JSON document {"settings", "use", "state"}.
//
// "/settings/...": the module's settings. The host has checked them against the manifest's schema, filled in the
// defaults and replaced secret references by their text, so a value that is required or has a default is there.
// "/use/...": what this instance is for: a repository, a target; docs/documents.md lists it for each kind.
// "/state": a folder for data that the plugin can make again, such as caches. All instances of one module share it.
//
// Valid in the constructor only; do not keep it. All pointers start at the root: "/settings/interval".
class Config {
 public:
  Config(const Host& host, std::string_view document) : host_(host), document_(document) {}
  std::string_view document() const { return document_; }
  // The value as Host::value gives it, or nothing.
  std::optional<std::string> find(std::string_view pointer) const { return host_.value(document_, pointer); }
  // The same; empty when there is none.
  std::string text(std::string_view pointer) const { return find(pointer).value_or(std::string()); }
  // The value as JSON text; empty when there is none.
  std::string json(std::string_view pointer) const {
    return host_.value(document_, pointer, false).value_or(std::string());
  }
  Secret secret(std::string_view pointer) const { return Secret(text(pointer)); }
  // Is the value true?
  bool flag(std::string_view pointer) const { return text(pointer) == "true"; }
  // The digits at the start of the value; `otherwise` when there are none.
  std::int64_t number(std::string_view pointer, std::int64_t otherwise = 0) const {
    const std::string digits = text(pointer);
    std::int64_t number = otherwise;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }
  // A duration such as "30s"; `otherwise` when the value is not one.
  std::chrono::milliseconds duration(std::string_view pointer, std::chrono::milliseconds otherwise = {}) const {
    return parse_duration(text(pointer)).value_or(otherwise);
  }
  std::vector<std::string> keys(std::string_view pointer) const { return host_.keys(document_, pointer); }

 private:
  const Host& host_;
  std::string_view document_;
};

}  // namespace stoker
