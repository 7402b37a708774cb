// Whole numbers as Go writes them: 10, -3, 0x1F, 0o17, 017, 0b11, 1_000. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stoker::merge::templates {

struct Number {
  std::optional<std::int64_t> value;
  std::string_view why;  // why there is none
};

Number read_number(std::string_view written);

}  // namespace stoker::merge::templates
