// Comparison, access and printing, with the type rules of Go's text/template.
#include "functions.hpp"

#include "format.hpp"

#include <algorithm>
#include <array>
#include <compare>

namespace stoker::merge::templates {
namespace {

using Kind = Value::Kind;
using Arguments = std::span<const Value>;
using Answer = std::optional<Value>;
constexpr std::size_t any_number = static_cast<std::size_t>(-1);
constexpr std::uint64_t bytes_of_a_step = 256;  // comparing so many bytes counts as a step

std::string typed(const Value& value) {
  return value.kind == Kind::map ? "the map ." + std::string(value.text) : std::string(type_name(value.kind));
}

// A byte of a text and an integer are of one sort for a comparison.
bool of_one_sort(const Value& a, const Value& b) { return a.kind == b.kind || (a.is_number() && b.is_number()); }

bool is_basic(const Value& value) {
  return value.kind == Kind::boolean || value.is_number() || value.kind == Kind::text;
}

Answer refuse_types(Workspace& work, const Value& a, const Value& b) {
  return work.refuse("incompatible types for comparison: " + typed(a) + " and " + typed(b));
}

// The order of two values, or no value and the reason.
std::optional<std::strong_ordering> order(const Value& a, const Value& b, Workspace& work) {
  if (!work.spend(1 + std::min(a.text.size(), b.text.size()) / bytes_of_a_step)) return std::nullopt;
  if (a.kind == Kind::text) return a.text <=> b.text;
  return a.number <=> b.number;
}

std::optional<bool> equal(const Value& a, const Value& b, Workspace& work) {
  if (a.kind == Kind::nil || b.kind == Kind::nil) return a.kind == b.kind;
  for (const Value* one : {&a, &b})
    if (one->kind == Kind::map || one->kind == Kind::root) {
      work.refuse(typed(*one) + " cannot be compared");
      return std::nullopt;
    }
  if (!of_one_sort(a, b)) {
    refuse_types(work, a, b);
    return std::nullopt;
  }
  const auto found = order(a, b, work);
  if (!found) return std::nullopt;
  return *found == std::strong_ordering::equal;
}

Answer call_eq(Arguments a, Workspace& work) {
  if (a.size() < 2) return work.refuse("eq compares its first argument with others, and there are none");
  for (const Value& other : a.subspan(1)) {
    const auto same = equal(a[0], other, work);
    if (!same) return std::nullopt;
    if (*same) return Value::of(true);
  }
  return Value::of(false);
}

Answer call_ne(Arguments a, Workspace& work) {
  const auto same = equal(a[0], a[1], work);
  if (!same) return std::nullopt;
  return Value::of(!*same);
}

// less, less or equal, greater, greater or equal
template <class Is>
Answer compare(Arguments a, Workspace& work, Is is) {
  for (const Value& one : a)
    if (!is_basic(one) || one.kind == Kind::boolean) return work.refuse(typed(one) + " has no order");
  if (!of_one_sort(a[0], a[1])) return refuse_types(work, a[0], a[1]);
  const auto found = order(a[0], a[1], work);
  if (!found) return std::nullopt;
  return Value::of(static_cast<bool>(is(*found)));
}

Answer call_lt(Arguments a, Workspace& work) {
  return compare(a, work, [](auto found) { return found < 0; });
}
Answer call_le(Arguments a, Workspace& work) {
  return compare(a, work, [](auto found) { return found <= 0; });
}
Answer call_gt(Arguments a, Workspace& work) {
  return compare(a, work, [](auto found) { return found > 0; });
}
Answer call_ge(Arguments a, Workspace& work) {
  return compare(a, work, [](auto found) { return found >= 0; });
}

Answer call_not(Arguments a, Workspace& work) {
  if (a[0].kind == Kind::map) work.read(a[0]);
  return Value::of(!a[0].truth());
}

Answer call_len(Arguments a, Workspace& work) {
  if (a[0].kind == Kind::text) return Value::of(static_cast<std::int64_t>(a[0].text.size()));
  if (a[0].kind != Kind::map) return work.refuse("len of " + typed(a[0]) + ", which has no length");
  work.read(a[0]);
  return Value::of(static_cast<std::int64_t>(a[0].entries->size()));
}

// A key that is not there is the empty text.
Answer entry(const Value& map, const Value& key, Workspace& work) {
  if (key.kind != Kind::text)
    return work.refuse("index of ." + std::string(map.text) + " by " + typed(key) + "; its keys are texts");
  work.read(map, key.text);
  const auto found = map.entries->find(key.text);
  return Value::of(found == map.entries->end() ? std::string_view() : std::string_view(found->second));
}

// `most` itself is allowed only by slice.
bool in_range(const Value& index, std::size_t most, Workspace& work) {
  if (!index.is_number()) {
    work.refuse("a place in a text is a number, and not " + typed(index));
    return false;
  }
  if (index.number >= 0 && static_cast<std::uint64_t>(index.number) <= most) return true;
  work.refuse("index " + std::to_string(index.number) + " is out of range");
  return false;
}

Answer call_index(Arguments a, Workspace& work) {
  Value at = a[0];
  if (at.kind == Kind::nil) return work.refuse("index of nil");
  for (const Value& key : a.subspan(1)) {
    if (at.kind == Kind::map) {
      auto found = entry(at, key, work);
      if (!found) return found;
      at = *found;
    } else if (at.kind == Kind::text) {
      if (at.text.empty() && key.is_number())
        return work.refuse("index " + std::to_string(key.number) + " is out of range");
      if (!in_range(key, at.text.size() - 1, work)) return std::nullopt;
      at = Value::of_byte(static_cast<unsigned char>(at.text[static_cast<std::size_t>(key.number)]));
    } else {
      return work.refuse(typed(at) + " has no index");
    }
  }
  return at;
}

Answer call_slice(Arguments a, Workspace& work) {
  if (a[0].kind != Kind::text) return work.refuse("slice of " + typed(a[0]) + "; only a text has one");
  if (a.size() > 3) return work.refuse("slice of a text has at most two indexes");
  const std::string_view text = a[0].text;
  for (const Value& index : a.subspan(1))
    if (!in_range(index, text.size(), work)) return std::nullopt;
  const std::size_t from = a.size() > 1 ? static_cast<std::size_t>(a[1].number) : 0;
  const std::size_t to = a.size() > 2 ? static_cast<std::size_t>(a[2].number) : text.size();
  if (from > to) return work.refuse("slice from " + std::to_string(from) + " to " + std::to_string(to));
  return Value::of(text.substr(from, to - from));
}

// Joins the texts of the arguments; `spaced` says where a space stands between two of them.
template <class Spaced>
std::optional<std::string> join(Arguments a, Workspace& work, Spaced spaced) {
  std::string text;
  for (std::size_t i = 0; i < a.size(); ++i) {
    auto one = printed(a[i]);
    if (!one) {
      work.refuse("a whole map is not printed: " + typed(a[i]));
      return std::nullopt;
    }
    if (!work.room_for(text.size() + one->size() + 1)) return std::nullopt;
    if (i && spaced(a[i - 1], a[i])) text += ' ';
    text += *one;
  }
  return text;
}

Answer call_print(Arguments a, Workspace& work) {
  const auto both_no_text = [](const Value& x, const Value& y) { return x.kind != Kind::text && y.kind != Kind::text; };
  auto text = join(a, work, both_no_text);
  if (!text) return std::nullopt;
  return work.keep(std::move(*text));
}

Answer call_println(Arguments a, Workspace& work) {
  auto text = join(a, work, [](const Value&, const Value&) { return true; });
  if (!text) return std::nullopt;
  return work.keep(std::move(*text) + "\n");
}

Answer call_printf(Arguments a, Workspace& work) {
  if (a[0].kind != Kind::text) return work.refuse("the first argument of printf is a text, and not " + typed(a[0]));
  for (const Value& one : a)
    if (one.kind == Kind::map || one.kind == Kind::root)
      return work.refuse("a whole map is not printed: " + typed(one));
  auto text = formatted(a[0].text, a.subspan(1), work);
  if (!text) return std::nullopt;
  return work.keep(std::move(*text));
}

constexpr std::array<Function, 15> functions{{{"and", 1, any_number, nullptr},
                                              {"or", 1, any_number, nullptr},
                                              {"not", 1, 1, call_not},
                                              {"eq", 1, any_number, call_eq},
                                              {"ne", 2, 2, call_ne},
                                              {"lt", 2, 2, call_lt},
                                              {"le", 2, 2, call_le},
                                              {"gt", 2, 2, call_gt},
                                              {"ge", 2, 2, call_ge},
                                              {"index", 1, any_number, call_index},
                                              {"len", 1, 1, call_len},
                                              {"slice", 1, any_number, call_slice},
                                              {"print", 0, any_number, call_print},
                                              {"printf", 1, any_number, call_printf},
                                              {"println", 0, any_number, call_println}}};

}  // namespace

bool Workspace::spend(std::uint64_t more) {
  steps += more;
  if (steps <= budget.steps) return true;
  refuse("the template takes more than " + std::to_string(budget.steps) + " steps");
  code = "merge.template-limit";
  return false;
}

bool Workspace::room_for(std::uint64_t bytes) {
  if (bytes <= budget.output_bytes - std::min(made_bytes, budget.output_bytes)) return true;
  refuse("the functions of the template make more than " + std::to_string(budget.output_bytes) + " bytes");
  code = "merge.template-limit";
  return false;
}

std::optional<Value> Workspace::keep(std::string text) {
  if (!room_for(text.size())) return std::nullopt;
  made_bytes += text.size();
  made.push_back(std::move(text));
  return Value::of(std::string_view(made.back()));
}

std::optional<Value> Workspace::refuse(std::string reason) {
  why = std::move(reason);
  return std::nullopt;
}

void Workspace::read(const Value& map) { uses.insert(std::string(map.text) + ".*"); }

void Workspace::read(const Value& map, std::string_view key) {
  uses.insert(std::string(map.text) + "." + std::string(key));
}

const Function* find_function(std::string_view name) {
  const auto found =
      std::find_if(functions.begin(), functions.end(), [&](const Function& one) { return one.name == name; });
  return found == functions.end() || name.empty() ? nullptr : found;
}

bool is_refused_function(std::string_view name) {
  return name == "call" || name == "html" || name == "js" || name == "urlquery";
}

std::optional<std::string> printed(const Value& value) {
  switch (value.kind) {
    case Kind::nil: return "<nil>";
    case Kind::boolean: return value.number ? "true" : "false";
    case Kind::integer:
    case Kind::byte: return std::to_string(value.number);
    case Kind::text: return std::string(value.text);
    case Kind::map:
    case Kind::root: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace stoker::merge::templates
