// The host as a plugin sees it: Host, its services (Log, Clock, Metrics, HttpClient), Config and Secret.
#pragma once

#include <stoker/abi/services.h>
#include <stoker/call.hpp>
#include <stoker/duration.hpp>

#include <charconv>
#include <initializer_list>
#include <vector>

namespace stoker {

// Text that must not be printed: no stream operator, no format, said in full only by `reveal`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

// One line of the host's log, under the module's name. Without the need "stoker.log/1": silent.
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

// The host's clock; tests have a manual one.
class Clock {
 public:
  explicit Clock(const stoker_clock* clock = nullptr) : clock_(clock) {}
  std::int64_t wall_ms() const { return clock_->wall_ms(clock_); }
  std::int64_t monotonic_ms() const { return clock_->monotonic_ms(clock_); }
  Result<void> sleep(Call& call, std::chrono::milliseconds wait) const {
    if (const stoker_status status = clock_->sleep(clock_, call.raw(), wait.count()))
      return Error(errc_of(status), status == STOKER_E_CANCELLED ? "cancelled" : "the deadline passed");
    return {};
  }

 private:
  const stoker_clock* clock_;
};

// A metric that was declared in the constructor.
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

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string ca;  // PEM; empty: the system's authorities
  std::uint64_t answer_bytes_max = 0;
};

struct HttpAnswer {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // The value of a header, without regard to case; empty if absent.
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

// Requests through the host: its TLS, its bounds. Any answer is a success, whatever its status.
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

// The host, for as long as the instance lives.
class Host {
 public:
  explicit Host(const stoker_host* host) : host_(host) {}
  Log log() const { return Log(service<stoker_log>(STOKER_LOG_ID)); }
  Clock clock() const { return Clock(service<stoker_clock>(STOKER_CLOCK_ID)); }
  HttpClient http_client() const { return HttpClient(service<stoker_http_client>(STOKER_HTTP_CLIENT_ID)); }
  // Only within the constructor of a plugin's class. A metric that cannot be declared records nothing.
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
  // The text at a JSON pointer: strings unquoted, anything else as JSON. Nothing if absent, null or no JSON.
  std::optional<std::string> value(std::string_view document, std::string_view pointer, bool plain = true) const {
    std::optional<std::string> found;
    auto into = glue::collect<stoker_str, stoker_text_sink>([&](stoker_str text) {
      found = string(text);
      return Result<void>();
    });
    if (host_->value(host_, str(document), str(pointer), plain ? 1 : 0, into.sink())) return std::nullopt;
    return found;
  }
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

// A plugin's configuration document {settings, use, state}; pointers are from its root: "/settings/interval". Settings
// were validated and completed by the host, so a value that is required or has a default is there.
class Config {
 public:
  Config(const Host& host, std::string_view document) : host_(host), document_(document) {}
  std::string_view document() const { return document_; }
  std::optional<std::string> find(std::string_view pointer) const { return host_.value(document_, pointer); }
  std::string text(std::string_view pointer) const { return find(pointer).value_or(std::string()); }
  std::string json(std::string_view pointer) const {
    return host_.value(document_, pointer, false).value_or(std::string());
  }
  Secret secret(std::string_view pointer) const { return Secret(text(pointer)); }
  bool flag(std::string_view pointer) const { return text(pointer) == "true"; }
  std::int64_t number(std::string_view pointer, std::int64_t otherwise = 0) const {
    const std::string digits = text(pointer);
    std::int64_t number = otherwise;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
  }
  std::chrono::milliseconds duration(std::string_view pointer, std::chrono::milliseconds otherwise = {}) const {
    return parse_duration(text(pointer)).value_or(otherwise);
  }
  std::vector<std::string> keys(std::string_view pointer) const { return host_.keys(document_, pointer); }

 private:
  const Host& host_;
  std::string_view document_;
};

}  // namespace stoker
