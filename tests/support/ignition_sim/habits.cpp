// See habits.hpp.
#include "support/ignition_sim/habits.hpp"

#include <boost/json.hpp>

#include <initializer_list>
#include <utility>

namespace ignition_sim {
namespace {

namespace json = boost::json;

template <class T>
bool read(const json::value& value, T& into, std::initializer_list<std::pair<std::string_view, T>> words) {
  if (!value.is_string()) return false;
  for (const auto& [word, meant] : words)
    if (word == std::string_view(value.get_string())) {
      into = meant;
      return true;
    }
  return false;
}

bool read(const json::value& value, bool& into) {
  if (value.is_bool()) into = value.get_bool();
  return value.is_bool();
}

bool read(const json::value& value, std::chrono::milliseconds& into) {
  if (value.is_int64()) into = std::chrono::milliseconds(value.get_int64());
  return value.is_int64() && value.get_int64() >= 0;
}

bool read_member(std::string_view key, const json::value& value, Habits& habits) {
  if (key == "requests")
    return read(value, habits.requests,
                {{"coalesce", Requests::coalesce}, {"queue", Requests::queue}, {"drop", Requests::drop}});
  if (key == "projectScans")
    return read(value, habits.project_scans,
                {{"all", Told::all}, {"activity", Told::activity}, {"nothing", Told::nothing}});
  if (key == "unscanned")
    return read(value, habits.unscanned,
                {{"start", Unscanned::start},
                 {"missing", Unscanned::missing},
                 {"null", Unscanned::null},
                 {"zero", Unscanned::zero},
                 {"minusOne", Unscanned::minus_one}});
  if (key == "detection")
    return read(value, habits.detection, {{"content", Detection::content}, {"mtime", Detection::mtime}});
  if (key == "lockDuringScan") return read(value, habits.lock_during_scan);
  if (key == "scanEveryMs") return read(value, habits.scan_every);
  if (key == "automaticRespectsLock") return read(value, habits.automatic_respects_lock);
  if (key == "bodyBeforeRights") return read(value, habits.body_before_rights);
  return false;
}

}  // namespace

std::optional<std::string> read_habits(std::string_view text, Habits& habits) {
  boost::system::error_code failed;
  const auto value = json::parse(text, failed);
  if (failed || !value.is_object()) return "habits: a JSON object";
  for (const auto& [key, member] : value.get_object())
    if (!read_member(key, member, habits)) return "habits: " + std::string(key) + " is not understood";
  return std::nullopt;
}

}  // namespace ignition_sim
