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
// The items of a list envelope, or of a bare array.
const js::array& items(const js::value& value) {
  return value.is_array() ? value.get_array() : value.as_object().at("items").as_array();
}
bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

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
    if (same(key, "Version")) node.version = value;
  }
  return node;
}

Result<Pairing> redundancy(std::string_view json) {
  return read<Pairing>(json, "redundancy", [](const js::value& value) -> Result<Pairing> {
    return Pairing{flag(value.as_object(), "syncPending"), flag(value.as_object(), "failoverPending")};
  });
}

Result<ScanStatus> scan_status(std::string_view json) {
  return read<ScanStatus>(json, "scan", [](const js::value& value) -> Result<ScanStatus> {
    return ScanStatus{value.as_object().at("scanActive").as_bool(), number(value.as_object(), "lastScanTimestamp")};
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

Result<bool> healthy(std::string_view json) {
  return read<bool>(json, "a resource", [](const js::value& value) -> Result<bool> {
    const js::value* checks = value.as_object().if_contains("healthchecks");
    if (!checks || checks->is_null()) return true;
    for (const auto& check : checks->as_object()) {
      if (!check.value().is_object()) continue;
      const js::value* result = check.value().get_object().if_contains("result");
      const js::value* well = result && result->is_object() ? result->get_object().if_contains("healthy") : nullptr;
      if (well && well->is_bool() && !well->get_bool()) return false;
    }
    return true;
  });
}

}  // namespace ignition
