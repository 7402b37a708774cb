// See selector.hpp. A requirement with a value fits an object without that label only if it is != or notin.
#include "selector.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "refusal.hpp"

namespace stoker::local {
namespace {

constexpr std::size_t name_bytes_max = 63, prefix_bytes_max = 253, text_bytes_max = 65536;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Letters and digits at both ends; between them also these.
bool is_word(std::string_view text, std::string_view between, std::size_t bytes_max) {
  return !text.empty() && text.size() <= bytes_max && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alphanumeric(c) || between.find(c) != std::string_view::npos; });
}

bool is_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_word(key, "-_.", name_bytes_max);
  return is_word(key.substr(0, slash), "-.", prefix_bytes_max) && is_word(key.substr(slash + 1), "-_.", name_bytes_max);
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool is_value(std::string_view value) { return value.empty() || is_word(value, "-_.", name_bytes_max); }

}  // namespace

// Reads one selector from front to back. A function that returns nothing has set `wrong`.
class SelectorReader {
 public:
  explicit SelectorReader(std::string_view text) : text_(text) {}
  using Requirement = Selector::Requirement;

  Result<Selector> read() {
    Selector selector;
    if (text_.size() > text_bytes_max) return refused("a selector of at most 64 KiB");
    skip_blanks();
    if (at_ == text_.size()) return selector;
    do {
      auto requirement = read_requirement();
      if (!requirement) return std::move(requirement).error();
      selector.requirements_.push_back(std::move(*requirement));
    } while (take(","));
    if (at_ != text_.size()) return refused("a comma between two requirements");
    return selector;
  }

 private:
  Result<Requirement> read_requirement() {
    Requirement requirement;
    const bool absent = take("!");
    requirement.key = word();
    if (!is_key(requirement.key)) return refused("the key of a label");
    if (absent) {
      requirement.op = Requirement::Op::absent;
      return requirement;
    }
    if (take("!=")) return one_value(std::move(requirement), Requirement::Op::not_in);
    if (take("==") || take("=")) return one_value(std::move(requirement), Requirement::Op::in);
    if (take(">")) return bound(std::move(requirement), Requirement::Op::above);
    if (take("<")) return bound(std::move(requirement), Requirement::Op::below);
    if (at_ == text_.size() || text_[at_] == ',') return requirement;
    const std::string op = word();
    if (op == "in") return values(std::move(requirement), Requirement::Op::in);
    if (op == "notin") return values(std::move(requirement), Requirement::Op::not_in);
    return refused("=, ==, !=, >, <, in or notin");
  }

  Result<Requirement> one_value(Requirement requirement, Requirement::Op op) {
    requirement.op = op;
    requirement.values.push_back(word());
    if (!is_value(requirement.values.back())) return refused("the value of a label");
    return requirement;
  }

  Result<Requirement> bound(Requirement requirement, Requirement::Op op) {
    requirement.op = op;
    requirement.values.push_back(word());
    if (!number_of(requirement.values.back())) return refused("a whole number");
    return requirement;
  }

  Result<Requirement> values(Requirement requirement, Requirement::Op op) {
    requirement.op = op;
    if (!take("(")) return refused("( after in or notin");
    if (take(")")) return refused("values between ( and )");
    do {
      requirement.values.push_back(word());
      if (!is_value(requirement.values.back())) return refused("the value of a label");
    } while (take(","));
    if (!take(")")) return refused(") after the values");
    return requirement;
  }

  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  bool take(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    skip_blanks();
    return true;
  }
  std::string word() {
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n!=(),<>", at_), text_.size());
    std::string found(text_.substr(at_, end - at_));
    at_ = end;
    skip_blanks();
    return found;
  }
  Error refused(std::string_view expected) const {
    return invalid("", expected, "'" + std::string(text_.substr(std::min(at_, text_.size()), 64)) + "'")
        .in("label selector '" + std::string(text_.substr(0, 256)) + "', at byte " + std::to_string(at_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Selector> Selector::parse(std::string_view text) { return SelectorReader(text).read(); }

bool Selector::Requirement::fits(const json::object& labels) const {
  const json::value* label = labels.if_contains(key);
  if (op == Op::exists) return label != nullptr;
  if (op == Op::absent) return label == nullptr;
  if (op == Op::above || op == Op::below) {
    const auto number = number_of(text_at(labels, key));
    return number && (op == Op::above ? *number > *number_of(values.front()) : *number < *number_of(values.front()));
  }
  const bool is_one = label && label->is_string() &&
                      std::find(values.begin(), values.end(), std::string_view(label->get_string())) != values.end();
  return is_one == (op == Op::in);
}

bool Selector::fits(const json::object& labels) const {
  return std::all_of(requirements_.begin(), requirements_.end(),
                     [&](const Requirement& requirement) { return requirement.fits(labels); });
}

bool Selector::fits(std::string_view labels) const {
  if (fits_all()) return true;
  const auto parsed = parse_object(labels.empty() ? "{}" : labels);
  return parsed && fits(*parsed);
}

}  // namespace stoker::local
