// The log of the host: one line for each event, as text or JSON, with a level for each module. Made once in main;
// modules hold a ModuleLog. A Secret is printed as ***. Line breaks in logged text are escaped, so that it cannot forge
// a line. [any thread]
#pragma once

#include <stoker/abi/services.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace stoker {
class Secret;
}

namespace stoker::host {

class Clock;

enum class Severity : std::uint32_t {
  trace = STOKER_LOG_TRACE,
  debug,
  info,
  warning,
  error,
  host_misbehaving,
  plugin_misbehaving,
};
// "trace", "debug", "info", "warning", "error"; no value for any other name.
std::optional<Severity> severity_of(std::string_view name);

enum class LogFormat { text, json };

struct LogSettings {
  LogFormat format = LogFormat::text;
  Severity level = Severity::info;
  std::map<std::string, Severity, std::less<>> modules;  // level by module
  std::function<void(std::string_view line)> sink;       // gets one line at a time, without its line end; empty: stderr
  const Clock* clock = nullptr;                          // null: the clock of the system
};

// The value of one field. A Secret is replaced by ***.
class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(bool flag) : value_(flag) {}
  LogValue(double number) : value_(number) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogValue(T number) : value_(static_cast<std::int64_t>(number)) {}
  LogValue(const Secret&) : value_(std::string_view("***")) {}
  const auto& value() const { return value_; }

 private:
  std::variant<std::string_view, bool, double, std::int64_t> value_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

inline constexpr std::size_t log_message_bytes_max = 8192;
inline constexpr std::size_t log_value_bytes_max = 2048;
inline constexpr std::size_t log_fields_max = 32;

class Log;

// The log of one module. It can be copied. One that was made by default writes nothing.
class ModuleLog {
 public:
  using Fields = std::initializer_list<LogField>;
  ModuleLog() = default;
  bool enabled(Severity severity) const;
  void write(Severity severity, std::string_view message, std::span<const LogField> fields) const;
  void trace(std::string_view message, Fields fields = {}) const { write(Severity::trace, message, fields); }
  void debug(std::string_view message, Fields fields = {}) const { write(Severity::debug, message, fields); }
  void info(std::string_view message, Fields fields = {}) const { write(Severity::info, message, fields); }
  void warning(std::string_view message, Fields fields = {}) const { write(Severity::warning, message, fields); }
  void error(std::string_view message, Fields fields = {}) const { write(Severity::error, message, fields); }

 private:
  friend class Log;
  struct Output;
  explicit ModuleLog(std::shared_ptr<const Output> output) : output_(std::move(output)) {}
  std::shared_ptr<const Output>
      output_;  // shared, so that a module can log as long as it exists, also while the host shuts down
};

class Log {
 public:
  explicit Log(LogSettings settings);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ModuleLog module(std::string_view name) const;

 private:
  struct Sink;
  std::unique_ptr<const Sink> sink_;
};

// The table "stoker.log/1" that one module gets.
struct LogService final : stoker_log {
  explicit LogService(ModuleLog to);
  ModuleLog log;
};

}  // namespace stoker::host
