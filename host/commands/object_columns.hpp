// Which columns `stoker get` shows of each kind, and what stands in them. Pure. [any thread]
#pragma once

#include "host/answers/text_table.hpp"
#include "host/config/kinds.hpp"

#include <boost/json/value.hpp>

#include <functional>

namespace stoker::host {

struct Column {
  const char* head;
  bool wide = false;  // only with -o wide
  std::function<Cell(const boost::json::value& object, std::int64_t now_ms)> cell;
};

const std::vector<Column>& columns_of(const Kind& kind);

// When an Event happened last; of another object, when it was made.
std::int64_t happened_ms(const boost::json::value& object);
// How long ago the time at this pointer was; empty when there is none.
std::string age_at(const boost::json::value& object, const std::string& pointer, std::int64_t now_ms);

}  // namespace stoker::host
