// What is true of an object and what is not, each with its reason and since when, as the status of an object says it.
// Values. [any thread]
#pragma once

#include "host/base/json_fields.hpp"

namespace stoker::host {

struct Condition {
  static constexpr std::size_t message_bytes_max = 1024;
  std::string type;
  bool is_true = false;
  std::string reason, message;
  std::int64_t generation = 0;  // of the spec that it is about
  std::int64_t since_ms = 0;    // when its status changed; Unix time
  bool operator==(const Condition&) const = default;
};

// The conditions as they are to be stored: of this generation of the spec, and each with the time at which its status
// changed. That is the time of `before`, unless the status is another one.
std::vector<Condition> with_times(std::vector<Condition> now, const std::vector<Condition>& before,
                                  std::int64_t generation, std::int64_t now_ms);
// Null: there is none of this type.
const Condition* find_condition(const std::vector<Condition>& all, std::string_view type);

boost::json::array document_of(const std::vector<Condition>& conditions);
// Those of a stored status.
std::vector<Condition> conditions_in(const JsonFields& status);

}  // namespace stoker::host
