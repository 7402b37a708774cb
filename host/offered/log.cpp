// See log.hpp. Only this file includes spdlog, which has the sinks, the levels and their locks. The line is made here.
#include "host/offered/log.hpp"
#include "host/base/printable.hpp"
#include "host/offered/clock.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <mutex>
#include <vector>

namespace stoker::host {
namespace {

class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(std::string_view)> to) : to_(std::move(to)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    to_(std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}
  std::function<void(std::string_view)> to_;
};

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::trace: return spdlog::level::trace;
    case Severity::debug: return spdlog::level::debug;
    case Severity::info: return spdlog::level::info;
    case Severity::warning: return spdlog::level::warn;
    case Severity::error:
    case Severity::host_misbehaving:
    case Severity::plugin_misbehaving: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::trace: return "trace";
    case Severity::debug: return "debug";
    case Severity::info: return "info";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
    case Severity::host_misbehaving: return "host-misbehaving";
    case Severity::plugin_misbehaving: return "plugin-misbehaving";
  }
  return "plugin-misbehaving";
}

std::string time_of(std::int64_t wall_ms) {
  const std::time_t seconds = wall_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string out(text.data(), size);
  const std::string ms = std::to_string(1000 + wall_ms % 1000);
  return out + "." + ms.substr(1) + "Z";
}

std::string field_name(std::string_view name) {
  std::string out(name.substr(0, 64));
  for (char& c : out) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain && c != '.') c = '_';
  }
  return out.empty() ? "_" : out;
}

std::string json_string(std::string_view text, std::size_t bytes_max) {
  return '"' + printable(text, bytes_max, true) + '"';
}

std::string number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return std::string(digits.data(), end);
}

std::string value_text(const LogValue& field, LogFormat format) {
  struct {
    LogFormat format;
    std::string operator()(std::string_view text) const {
      const bool bare = format == LogFormat::text && !text.empty() && text.find_first_of(" =\"\\") == text.npos;
      std::string plain = bare ? printable(text, log_value_bytes_max) : std::string();
      return bare && plain == text ? plain : json_string(text, log_value_bytes_max);
    }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const {
      return format == LogFormat::json && !std::isfinite(value) ? "null" : number(value);
    }
  } const render{format};
  return std::visit(render, field.value());
}

}  // namespace

std::optional<Severity> severity_of(std::string_view name) {
  for (const Severity level : {Severity::trace, Severity::debug, Severity::info, Severity::warning, Severity::error})
    if (name_of(level) == name) return level;
  return std::nullopt;
}

struct Log::Sink {
  LogSettings settings;
  std::shared_ptr<spdlog::sinks::sink> sink;
};

struct ModuleLog::Output {
  std::string module;
  LogFormat format;
  const Clock* clock;  // null: the clock of the system
  mutable spdlog::logger logger;

  std::string line(Severity severity, std::string_view message, std::span<const LogField> fields) const {
    const std::string time = time_of(clock ? clock->wall_ms() : SystemClock().wall_ms());
    fields = fields.first(std::min(fields.size(), log_fields_max));
    return format == LogFormat::json ? json(time, severity, message, fields) : text(time, severity, message, fields);
  }

 private:
  std::string text(const std::string& time, Severity severity, std::string_view message,
                   std::span<const LogField> fields) const {
    std::string out = time + " " + std::string(name_of(severity)) + " " + module + ": ";
    out += printable(message, log_message_bytes_max);
    for (const LogField& field : fields)
      out += " " + field_name(field.name) + "=" + value_text(field.value, LogFormat::text);
    return out;
  }
  std::string json(const std::string& time, Severity severity, std::string_view message,
                   std::span<const LogField> fields) const {
    std::string out = "{\"ts\":\"" + time + "\",\"level\":\"" + std::string(name_of(severity)) + "\",\"module\":";
    out += json_string(module, 128) + ",\"msg\":" + json_string(message, log_message_bytes_max);
    std::string_view before = ",\"fields\":{";
    for (const LogField& field : fields) {
      out += std::string(before) + "\"" + field_name(field.name) + "\":" + value_text(field.value, LogFormat::json);
      before = ",";
    }
    return out += fields.empty() ? "}" : "}}";
  }
};

bool ModuleLog::enabled(Severity severity) const { return output_ && output_->logger.should_log(level_of(severity)); }

void ModuleLog::write(Severity severity, std::string_view message, std::span<const LogField> fields) const {
  if (!enabled(severity)) return;
  const std::string line = output_->line(severity, message, fields);
  output_->logger.log(level_of(severity), spdlog::string_view_t(line.data(), line.size()));
}

Log::Log(LogSettings settings) {
  auto sink = std::make_unique<Sink>();
  if (settings.sink)
    sink->sink = std::make_shared<FunctionSink>(settings.sink);
  else
    sink->sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  sink->sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
  sink->settings = std::move(settings);
  sink_ = std::move(sink);
}
Log::~Log() = default;

ModuleLog Log::module(std::string_view name) const {
  const LogSettings& settings = sink_->settings;
  const auto own = settings.modules.find(name);
  auto output = std::make_shared<ModuleLog::Output>(
      ModuleLog::Output{printable(name, 128), settings.format, settings.clock, spdlog::logger("", sink_->sink)});
  output->logger.set_level(level_of(own == settings.modules.end() ? settings.level : own->second));
  output->logger.flush_on(spdlog::level::warn);
  return ModuleLog(std::move(output));
}

LogService::LogService(ModuleLog to) : stoker_log{}, log(std::move(to)) {
  struct_size = sizeof(stoker_log);
  enabled = [](const stoker_log* self, std::uint32_t severity) -> std::int32_t {
    return static_cast<const LogService*>(self)->log.enabled(static_cast<Severity>(severity)) ? 1 : 0;
  };
  write = [](const stoker_log* self, const stoker_call* call, std::uint32_t severity, stoker_str message,
             const stoker_log_field* fields, std::size_t count) {
    const auto text = [](stoker_str s) { return s.len ? std::string_view(s.ptr, s.len) : std::string_view(); };
    const auto& service = *static_cast<const LogService*>(self);
    if (!service.log.enabled(static_cast<Severity>(severity))) return;
    try {
      std::vector<LogField> values;
      if (call) values.push_back({"call", call->id});
      for (std::size_t i = 0; i < count && values.size() < log_fields_max; ++i)
        values.push_back({text(fields[i].name), text(fields[i].value)});
      service.log.write(static_cast<Severity>(severity), text(message), values);
    } catch (const std::exception&) {  // out of memory: the line is lost, because no exception may reach the plugin
    }
  };
}

}  // namespace stoker::host
