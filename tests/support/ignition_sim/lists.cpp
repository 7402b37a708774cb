// See lists.hpp.
#include "support/ignition_sim/lists.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

#include "support/ignition_sim/pages.hpp"

namespace ignition_sim {
namespace {

namespace json = boost::json;

struct Filter {
  std::string field;
  std::string op;
  std::string value;
};

std::optional<Filter> filter_of(std::string_view name, const std::string& value) {
  constexpr std::array ops{"eq", "ne", "cn", "sw", "ew", "gt", "gte", "lt", "lte"};
  const auto open = name.find('[');
  if (open == std::string_view::npos || open == 0 || !name.ends_with(']')) return std::nullopt;
  const auto op = name.substr(open + 1, name.size() - open - 2);
  if (std::ranges::find(ops, op) == ops.end()) return std::nullopt;
  return Filter{std::string(name.substr(0, open)), std::string(op), value};
}

std::string text_of(const json::value& item, std::string_view field) {
  const auto* value = item.is_object() ? item.get_object().if_contains(field) : nullptr;
  if (!value || value->is_null()) return {};
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

bool passes(const json::value& item, const Filter& filter) {
  const std::string text = text_of(item, filter.field);
  if (filter.op == "eq") return text == filter.value;
  if (filter.op == "ne") return text != filter.value;
  if (filter.op == "cn") return text.find(filter.value) != std::string::npos;
  if (filter.op == "sw") return text.starts_with(filter.value);
  if (filter.op == "ew") return text.ends_with(filter.value);
  const double difference = std::atof(text.c_str()) - std::atof(filter.value.c_str());
  if (filter.op == "gt") return difference > 0;
  if (filter.op == "gte") return difference >= 0;
  if (filter.op == "lt") return difference < 0;
  return difference <= 0;
}

void select(const Request& request, json::array& items, std::initializer_list<std::string_view> more) {
  for (const auto& [name, value] : request.query) {
    const auto filter = filter_of(name, value);
    const auto fails = [&](const json::value& item) {
      if (filter) return !passes(item, *filter);
      return name == "search" && json::serialize(item).find(value) == std::string::npos;
    };
    const bool known = is_list_parameter(name) || std::ranges::find(more, name) != more.end();
    json::array kept;
    for (auto& item : items)
      if (known && !fails(item)) kept.push_back(std::move(item));
    items = std::move(kept);
  }
}

void sort(const Request& request, json::array& items) {
  const auto by = request.query.find("sortBy");  // asc(name), desc(name)
  if (by == request.query.end()) return;
  const auto open = by->second.find('(');
  if (open == std::string::npos) return;
  const std::string field = by->second.substr(open + 1, by->second.find(')') - open - 1);
  const bool falling = by->second.starts_with("desc");
  std::stable_sort(items.begin(), items.end(), [&](const json::value& a, const json::value& b) {
    return falling ? text_of(a, field) > text_of(b, field) : text_of(a, field) < text_of(b, field);
  });
}

}  // namespace

bool is_list_parameter(std::string_view name) {
  constexpr std::array known{"limit", "offset", "sortBy", "search"};
  return std::ranges::find(known, name) != known.end() || filter_of(name, {});
}

std::int64_t number(const Request& request, const std::string& key, std::int64_t otherwise) {
  const auto found = request.query.find(key);
  if (found == request.query.end()) return otherwise;
  try {
    return std::stoll(found->second);
  } catch (const std::exception&) {
    return otherwise;
  }
}

Answer envelope(const Request& request, json::array items, std::initializer_list<std::string_view> more) {
  const auto total = static_cast<std::int64_t>(items.size());
  select(request, items, more);
  sort(request, items);
  const auto matching = static_cast<std::int64_t>(items.size());
  const auto limit = number(request, "limit", 100);
  const auto offset = std::clamp<std::int64_t>(number(request, "offset", 0), 0, matching);
  const auto end = limit < 0 ? matching : std::min(matching, offset + limit);
  json::array page;
  for (auto at = offset; at < end; ++at) page.push_back(std::move(items[static_cast<std::size_t>(at)]));
  return json_answer(
      json::object{{"items", std::move(page)},
                   {"metadata", {{"total", total}, {"matching", matching}, {"limit", limit}, {"offset", offset}}}});
}

}  // namespace ignition_sim
