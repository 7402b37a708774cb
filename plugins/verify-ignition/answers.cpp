// Readers of the gateway's JSON. A field that is absent has its default; a wrong type makes the whole answer
// unreadable.
#include "answers.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cctype>

namespace ignition {
namespace {

namespace js = boost::json;
using stoker::errc;
using stoker::Error;
using stoker::Result;

Error unreadable(std::string_view what) {
  return Error(errc::unreachable, "ignition: the answer to " + std::string(what) + " cannot be read",
               "ignition.answer");
}

// An object, read by `each`, which may throw what Boost.JSON's accessors throw.
template <class T, class Read>
Result<T> read(std::string_view json, std::string_view what, Read each) {
  boost::system::error_code error;
  const js::value value = js::parse(js::string_view(json.data(), json.size()), error);
  if (error) return unreadable(what);
  try {
    return each(value);
  } catch (const std::exception&) {
    return unreadable(what);
  }
}

std::string text(const js::object& object, js::string_view key) {
  const js::value* value = object.if_contains(key);
  if (!value || value->is_null()) return {};
  return std::string(value->as_string().data(), value->as_string().size());
}
bool flag(const js::object& object, js::string_view key) {
  const js::value* value = object.if_contains(key);
  return value && !value->is_null() && value->as_bool();
}
std::int64_t number(const js::object& object, js::string_view key) { return object.at(key).to_number<std::int64_t>(); }
std::int64_t number_or(const js::object& object, js::string_view key, std::int64_t otherwise) {
  const js::value* value = object.if_contains(key);
  return !value || value->is_null() ? otherwise : value->to_number<std::int64_t>();
}
std::string small(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
// The items of a list envelope, or of a bare array.
const js::array& items(const js::value& value) {
  return value.is_array() ? value.get_array() : value.as_object().at("items").as_array();
}
bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

bool cannot_be_asked(State state) { return state == State::down || state == State::faulted; }

std::string_view name(State state) {
  switch (state) {
    case State::down: return "down";
    case State::starting: return "starting";
    case State::commissioning: return "commissioning";
    case State::running: return "running";
    case State::faulted: return "faulted";
  }
  return "starting";
}

// Ready is exactly RUNNING without details; a state that is not known is not ready either.
Result<State> status_ping(std::string_view json) {
  return read<State>(json, "/StatusPing", [](const js::value& value) -> Result<State> {
    const std::string state = text(value.as_object(), "state"), details = text(value.as_object(), "details");
    if (state == "FAULTED") return State::faulted;
    if (state == "RUNNING" && details.empty()) return State::running;
    if (state == "RUNNING" && details == "COMMISSIONING") return State::commissioning;
    if (state.empty()) return unreadable("/StatusPing");
    return State::starting;
  });
}

Node gwinfo(std::string_view line) {
  Node node;
  while (!line.empty()) {
    const std::string_view pair = line.substr(0, line.find(';'));
    line.remove_prefix(std::min(line.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = pair.substr(0, equals), value = pair.substr(equals + 1);
    if (same(key, "ContextStatus")) node.commissioning = value == "NEEDS_COMMISSIONING";
    if (same(key, "RedundancyStatus") && same(value, "Master")) node.role = "master";
    if (same(key, "RedundancyStatus") && same(value, "Backup")) node.role = "backup";
    if (same(key, "RedundantNodeActiveStatus")) node.activity = small(std::string(value));
    if (same(key, "Version")) node.version = value;
  }
  return node;
}

Result<Pairing> redundancy(std::string_view json) {
  return read<Pairing>(json, "redundancy", [](const js::value& value) -> Result<Pairing> {
    const js::object& object = value.as_object();
    Pairing pair;
    pair.activity = small(text(object, "activityLevel"));
    pair.project_state = text(object, "projectState");
    pair.sync_pending = flag(object, "syncPending");
    pair.failover_pending = flag(object, "failoverPending");
    pair.peer_connected = flag(object, "peerConnected");
    pair.last_sync = number_or(object, "lastSyncTimestamp", 0);
    return pair;
  });
}

// A gateway that has not scanned since its start may leave the timestamp out.
Result<ScanStatus> scan_status(std::string_view json) {
  return read<ScanStatus>(json, "scan", [](const js::value& value) -> Result<ScanStatus> {
    const js::object& object = value.as_object();
    return ScanStatus{object.at("scanActive").as_bool(), number_or(object, "lastScanTimestamp", 0),
                      number_or(object, "lastScanDuration", 0)};
  });
}

Result<ScanLock> scan_lock(std::string_view json) {
  return read<ScanLock>(json, "scan-lock", [](const js::value& value) -> Result<ScanLock> {
    const js::object& object = value.as_object();
    return ScanLock{text(object, "actor"), number(object, "timestamp"), number(object, "remaining")};
  });
}

Result<std::vector<Designer>> designers(std::string_view json) {
  return read<std::vector<Designer>>(json, "designers", [](const js::value& value) -> Result<std::vector<Designer>> {
    std::vector<Designer> all;
    for (const js::value& item : items(value))
      all.push_back({text(item.as_object(), "user"), text(item.as_object(), "project")});
    return all;
  });
}

Result<std::vector<Project>> projects(std::string_view json) {
  return read<std::vector<Project>>(json, "projects", [](const js::value& value) -> Result<std::vector<Project>> {
    std::vector<Project> all;
    for (const js::value& item : items(value))
      all.push_back({text(item.as_object(), "name"), flag(item.as_object(), "invalidParent")});
    return all;
  });
}

namespace {

bool is_well(const js::object& resource) {
  const js::value* checks = resource.if_contains("healthchecks");
  if (!checks || checks->is_null()) return true;
  for (const auto& check : checks->as_object()) {
    if (!check.value().is_object()) continue;
    const js::value* result = check.value().get_object().if_contains("result");
    const js::value* well = result && result->is_object() ? result->get_object().if_contains("healthy") : nullptr;
    if (well && well->is_bool() && !well->get_bool()) return false;
  }
  return true;
}

void collect_leaves(const js::value& levels, const std::string& above, std::vector<std::string>& into) {
  for (const js::value& level : levels.as_array()) {
    const std::string path = above + text(level.as_object(), "name");
    const js::value* children = level.as_object().if_contains("children");
    if (!children || !children->is_array() || children->get_array().empty())
      into.push_back(path);
    else
      collect_leaves(*children, path + "/", into);
  }
}

Levels levels_in(const js::object& object) {
  Levels levels;
  levels.all_of = text(object, "type") == "AllOf";
  if (const js::value* tree = object.if_contains("securityLevels")) collect_leaves(*tree, "", levels.leaves);
  return levels;
}

// Every object {"type": "Referenced", "data": {"providerName", …}} below `value`.
void collect_providers(const js::value& value, std::vector<std::string>& into) {
  if (value.is_array())
    for (const js::value& item : value.get_array()) collect_providers(item, into);
  if (!value.is_object()) return;
  const js::object& object = value.get_object();
  const js::value *type = object.if_contains("type"), *data = object.if_contains("data");
  if (type && type->is_string() && type->get_string() == "Referenced" && data && data->is_object())
    if (const js::value* name = data->get_object().if_contains("providerName"); name && name->is_string())
      into.emplace_back(name->get_string());
  for (const auto& field : object) collect_providers(field.value(), into);
}

js::value parsed(std::string_view json) {
  boost::system::error_code error;
  js::value value = js::parse(js::string_view(json.data(), json.size()), error);
  return error ? js::value() : value;
}

}  // namespace

Result<Resource> resource(std::string_view json) {
  return read<Resource>(json, "a resource", [](const js::value& value) -> Result<Resource> {
    return Resource{text(value.as_object(), "collection"), is_well(value.as_object())};
  });
}

Result<std::vector<LogLine>> log_lines(std::string_view json) {
  return read<std::vector<LogLine>>(json, "logs", [](const js::value& value) -> Result<std::vector<LogLine>> {
    std::vector<LogLine> all;
    for (const js::value& item : items(value))
      all.push_back({text(item.as_object(), "loggerName"), text(item.as_object(), "message")});
    return all;
  });
}

Result<std::vector<std::string>> names(std::string_view json) {
  return read<std::vector<std::string>>(json, "names", [](const js::value& value) -> Result<std::vector<std::string>> {
    std::vector<std::string> all;
    for (const js::value& item : items(value)) all.push_back(text(item.as_object(), "name"));
    return all;
  });
}

// A task is a text, or an object with a name.
Result<std::vector<std::string>> restart_tasks(std::string_view json) {
  return read<std::vector<std::string>>(json, "restart-tasks", [](const js::value& value) {
    std::vector<std::string> all;
    for (const js::value& task : value.as_object().at("pending").as_array())
      all.push_back(task.is_string()   ? std::string(task.get_string())
                    : task.is_object() ? text(task.get_object(), "name")
                                       : std::string());
    return Result<std::vector<std::string>>(std::move(all));
  });
}

Result<std::vector<std::string>> quarantined(std::string_view json) {
  return read<std::vector<std::string>>(json, "modules", [](const js::value& value) {
    std::vector<std::string> all;
    for (const js::value& item : items(value)) {
      const js::object& module = item.as_object();
      const std::string called = text(module, "name"), cause = text(module, "faultCause");
      all.push_back((called.empty() ? text(module, "id") : called) + (cause.empty() ? "" : " (" + cause + ")"));
    }
    return Result<std::vector<std::string>>(std::move(all));
  });
}

Result<std::optional<std::string>> text_field(std::string_view json, std::string_view what, std::string_view key) {
  using Field = std::optional<std::string>;
  return read<Field>(json, what, [&](const js::value& value) -> Result<Field> {
    std::string found = text(value.as_object(), js::string_view(key.data(), key.size()));
    return found.empty() ? Field() : Field(std::move(found));
  });
}

Result<std::optional<std::int64_t>> number_field(std::string_view json, std::string_view what, std::string_view key) {
  using Field = std::optional<std::int64_t>;
  return read<Field>(json, what, [&](const js::value& value) -> Result<Field> {
    const js::value* found = value.as_object().if_contains(js::string_view(key.data(), key.size()));
    return found && found->is_number() ? Field(found->to_number<std::int64_t>()) : Field();
  });
}

Result<Levels> permission(std::string_view json, std::string_view key) {
  return read<Levels>(json, "security-properties", [&](const js::value& value) -> Result<Levels> {
    const js::value* found = value.as_object().if_contains(js::string_view(key.data(), key.size()));
    return found ? levels_in(found->as_object()) : Levels();
  });
}

Result<Levels> levels_of_key(std::string_view json) {
  return read<Levels>(json, "an API key", [](const js::value& value) -> Result<Levels> {
    return levels_in(value.at("profile").as_object());
  });
}

bool wants_https(std::string_view json) {
  const js::value value = parsed(json);
  boost::system::error_code error;
  const js::value* wanted = value.find_pointer("/profile/secureChannelRequired", error);
  return wanted && wanted->is_bool() && wanted->get_bool();
}

std::vector<std::string> secret_providers(std::string_view json) {
  std::vector<std::string> all;
  collect_providers(parsed(json), all);
  return all;
}

bool has_uuid(std::string_view json) {
  const js::value value = parsed(json);
  boost::system::error_code error;
  const js::value* uuid = value.find_pointer("/attributes/uuid", error);
  return uuid && uuid->is_string() && !uuid->get_string().empty();
}

}  // namespace ignition
