// SPDX-License-Identifier: Apache-2.0
// Durations as users write them in settings: "60s", "1h30m", "250ms", "1.5h". This is the form of Go's
// time.ParseDuration without a sign: one or more numbers, each with a unit of ns, us, ms, s, m, h; or "0". Pure.
// [any thread]
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace stoker {

// The duration in milliseconds, rounded. Nothing when the text is not a duration, or is longer than 64 bytes, or means
// more than ten years.
inline std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty() || text.size() > 64) return std::nullopt;
  const double ten_years_ms = 10.0 * 366 * 24 * 3600 * 1000;
  double total_ms = 0;
  while (!text.empty()) {
    double number = 0, place = 1;
    bool digits = false, point = false;
    while (!text.empty() && ((text[0] >= '0' && text[0] <= '9') || (text[0] == '.' && !point))) {
      if (text[0] == '.') {
        point = true;
      } else {
        digits = true;
        if (point)
          number += (text[0] - '0') * (place /= 10);
        else
          number = number * 10 + (text[0] - '0');
      }
      text.remove_prefix(1);
    }
    if (!digits) return std::nullopt;
    struct Unit {
      std::string_view name;
      double ms;
    };
    static constexpr Unit units[] = {{"ns", 1e-6},      {"us", 1e-3}, {"\u00b5s", 1e-3}, {"ms", 1},
                                     {"h", 3600 * 1e3}, {"m", 60e3},  {"s", 1e3}};
    bool known = false;
    for (const Unit& unit : units) {
      if (!text.starts_with(unit.name)) continue;
      total_ms += number * unit.ms;
      text.remove_prefix(unit.name.size());
      known = true;
      break;
    }
    if (!known || total_ms > ten_years_ms) return std::nullopt;
  }
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(total_ms + 0.5));
}

}  // namespace stoker
