#include "tag_range.hpp"

#include "ref.hpp"

#include <algorithm>
#include <charconv>

namespace stoker::git {
namespace {

constexpr std::size_t range_bytes_max = 512;  // with its prefix

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (bad != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// Removes the text before `mark` and returns it; all of it when there is no `mark`.
std::string_view take(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return head;
}

bool is_identifiers(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
         });
}

int sign(auto a, auto b) { return a < b ? -1 : b < a ? 1 : 0; }

int compare_pre_release(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty())
    return sign(a.empty(), b.empty());  // a version without a pre-release is higher than one with it
  while (!a.empty() && !b.empty()) {
    const std::string_view one = take(a, '.'), two = take(b, '.');
    const auto n = number(one), m = number(two);
    const int order = n && m ? sign(*n, *m) : n ? -1 : m ? 1 : sign(one, two);
    if (order != 0) return order;
  }
  return sign(!a.empty(), !b.empty());
}

bool is_wild(std::string_view part) { return part == "*" || part == "x" || part == "X"; }

}  // namespace

std::optional<Version> parse_version(std::string_view tag) {
  if (tag.starts_with('v')) tag.remove_prefix(1);
  const bool has_build = tag.find('+') != std::string_view::npos;
  const std::string_view build_free = take(tag, '+');
  if (has_build && !is_identifiers(tag)) return std::nullopt;
  const auto dash = build_free.find('-');
  Version version;
  if (dash != std::string_view::npos) {
    version.pre_release = build_free.substr(dash + 1);
    if (!is_identifiers(version.pre_release)) return std::nullopt;
  }
  std::string_view numbers = build_free.substr(0, dash);
  if (numbers.empty() || numbers.ends_with('.')) return std::nullopt;
  for (std::uint64_t& part : version.numbers) {
    if (numbers.empty()) break;
    const auto value = number(take(numbers, '.'));
    if (!value) return std::nullopt;
    part = *value;
  }
  if (!numbers.empty()) return std::nullopt;
  return version;
}

int compare(const Version& a, const Version& b) {
  if (a.numbers != b.numbers) return a.numbers < b.numbers ? -1 : 1;
  return compare_pre_release(a.pre_release, b.pre_release);
}

bool TagRange::matches(std::string_view tag, const Version& version) const {
  if (with_v_only_ && !tag.starts_with('v')) return false;
  if (!version.pre_release.empty() && !pre_releases_) return false;
  return std::all_of(all_.begin(), all_.end(), [&](const Comparison& wanted) {
    const int order = compare(version, wanted.bound);
    switch (wanted.order) {
      case Order::less: return order < 0;
      case Order::at_most: return order <= 0;
      case Order::equal: return order == 0;
      case Order::at_least: return order >= 0;
      case Order::greater: return order > 0;
    }
    return false;
  });
}

// ">=1.2 <2"
std::optional<TagRange> TagRange::comparisons(std::string_view text) {
  TagRange range;
  while (!text.empty()) {
    const std::string_view one = take(text, ' ');
    if (one.empty()) continue;
    const auto [order, skip] = one.starts_with(">=")   ? std::pair(Order::at_least, 2)
                               : one.starts_with("<=") ? std::pair(Order::at_most, 2)
                               : one.starts_with(">")  ? std::pair(Order::greater, 1)
                               : one.starts_with("<")  ? std::pair(Order::less, 1)
                               : one.starts_with("=")  ? std::pair(Order::equal, 1)
                                                       : std::pair(Order::equal, 0);
    const auto bound = skip ? parse_version(one.substr(static_cast<std::size_t>(skip))) : std::nullopt;
    if (!bound) return std::nullopt;
    range.pre_releases_ = range.pre_releases_ || !bound->pre_release.empty();
    range.all_.push_back({order, *bound});
  }
  return range;
}

// "v1.*"
std::optional<TagRange> TagRange::wildcard(std::string_view text) {
  TagRange range;
  range.with_v_only_ = text.starts_with('v');
  if (range.with_v_only_) text.remove_prefix(1);
  if (text == "x" || text == "X") return std::nullopt;
  Version low, high;
  bool wild = false;
  if (text.empty() || text.ends_with('.')) return std::nullopt;
  for (std::size_t i = 0; i < low.numbers.size() && !text.empty(); ++i) {
    const std::string_view part = take(text, '.');
    if (is_wild(part)) {
      if (!wild && i > 0) ++high.numbers[i - 1];
      if (!wild && i > 0) range.all_ = {{Order::at_least, low}, {Order::less, high}};
      wild = true;
      continue;
    }
    const auto value = number(part);
    if (!value || wild) return std::nullopt;
    low.numbers[i] = high.numbers[i] = *value;
  }
  if (!wild || !text.empty()) return std::nullopt;
  return range;
}

std::optional<TagRange> parse_tag_range(std::string_view text) {
  if (text.size() > range_bytes_max || text.starts_with("refs/")) return std::nullopt;
  const auto slash = text.rfind('/');
  const std::string_view prefix = text.substr(0, slash == std::string_view::npos ? 0 : slash + 1);
  if (!prefix.empty() && !is_ref_name(prefix.substr(0, slash))) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.empty()) return std::nullopt;
  auto range = std::string_view("<>=").find(text[0]) != std::string_view::npos ? TagRange::comparisons(text)
                                                                               : TagRange::wildcard(text);
  if (range) range->prefix_ = prefix;
  return range;
}

}  // namespace stoker::git
