#include "host/values/condition.hpp"

#include "host/base/utc_time.hpp"
#include "host/base/utf8.hpp"

#include <algorithm>

namespace stoker::host {

namespace json = boost::json;

std::vector<Condition> with_times(std::vector<Condition> now, const std::vector<Condition>& before,
                                  std::int64_t generation, std::int64_t now_ms) {
  for (Condition& condition : now) {
    const Condition* old = find_condition(before, condition.type);
    const bool same = old && old->is_true == condition.is_true && old->since_ms != 0;
    condition.since_ms = same ? old->since_ms : now_ms;
    condition.generation = generation;
    condition.message = std::string(beginning(condition.message, Condition::message_bytes_max));
  }
  return now;
}

const Condition* find_condition(const std::vector<Condition>& all, std::string_view type) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Condition& one) { return one.type == type; });
  return found == all.end() ? nullptr : &*found;
}

json::array document_of(const std::vector<Condition>& conditions) {
  json::array all;
  for (const Condition& condition : conditions)
    all.push_back({{"type", condition.type},
                   {"status", condition.is_true ? "True" : "False"},
                   {"reason", condition.reason},
                   {"message", condition.message},
                   {"observedGeneration", condition.generation},
                   {"lastTransitionTime", rfc3339(condition.since_ms)}});
  return all;
}

std::vector<Condition> conditions_in(const JsonFields& status) {
  std::vector<Condition> all;
  for (const JsonFields& from : status.objects("conditions"))
    all.push_back({from.text("type"), from.text("status") == "True", from.text("reason"), from.text("message"),
                   from.number("observedGeneration"), unix_ms_of(from.text("lastTransitionTime")).value_or(0)});
  return all;
}

}  // namespace stoker::host
