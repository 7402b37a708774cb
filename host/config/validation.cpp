// One function for each group of keywords. Each adds its violations to the list and goes on, so that all mistakes are
// reported together.
#include "host/config/validation.hpp"

#include "host/config/json_schema.hpp"
#include "host/config/text_format.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace stoker::host {
namespace {

namespace json = boost::json;

// How many forms and defaults one call may try. A schema that refers to itself in several places would else take
// exponential time.
constexpr std::size_t expansions_max = 100'000;
constexpr int holding_depth_max = 8;  // how far below a value its schema is searched for secrets

const json::value* field(const json::object& object, std::string_view key) { return object.if_contains(key); }

std::optional<double> number(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

std::string plain(double value) {
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  return std::string(text.data(), written.ptr);
}

// Up to 2^53, where a double holds every whole number exactly, so that a later conversion to an integer cannot fail.
bool is_whole(double value) { return value == std::floor(value) && std::abs(value) <= 9007199254740992.0; }

bool is_of(const json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "null") return value.is_null();
  if (type == "number") return number(value).has_value();
  if (type == "integer")
    return value.is_int64() || value.is_uint64() || (value.is_double() && is_whole(value.get_double()));
  return false;
}

std::string_view type_in_words(std::string_view type) {
  if (type == "object") return "a map";
  if (type == "array") return "a list";
  if (type == "string") return "text";
  if (type == "boolean") return "true or false";
  if (type == "integer") return "a whole number";
  if (type == "number") return "a number";
  return type;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(between)) + word;
  return text;
}

bool names_a_secret(const json::value* value) {
  return value && value->is_string() && is_secret_name(value->get_string());
}

bool is_secret_reference(const json::value& value) {
  const json::object* object = value.if_object();
  if (!object || object->size() != 1) return false;
  const json::value* found = field(*object, "secretRef");
  const json::object* reference = found ? found->if_object() : nullptr;
  return reference && reference->size() == 2 && names_a_secret(field(*reference, "name")) &&
         names_a_secret(field(*reference, "key"));
}

bool is_secret(const json::object& schema) {
  const json::value* hidden = field(schema, "writeOnly");
  return field(schema, "x-stoker-secret") || (hidden && *hidden == json::value(true));
}

// May a secret be in a value of this schema?
bool holds_a_secret(const json::value& root, const json::value& any_schema, int depth = 0) {
  const json::object* schema = schema_at(root, any_schema).if_object();
  if (!schema || depth > holding_depth_max) return false;
  if (is_secret(*schema)) return true;
  for (const char* one : {"items", "additionalProperties"})
    if (const json::value* below = field(*schema, one))
      if (holds_a_secret(root, *below, depth + 1)) return true;
  if (const json::value* forms = field(*schema, "oneOf"); forms && forms->is_array())
    for (const json::value& form : forms->get_array())
      if (holds_a_secret(root, form, depth + 1)) return true;
  if (const json::value* named = field(*schema, "properties"); named && named->is_object())
    for (const auto& [key, below] : named->get_object())
      if (holds_a_secret(root, below, depth + 1)) return true;
  return false;
}

// Is one of the fields of such a map a secret itself?
bool has_a_secret_field(const json::value& root, const json::object& properties) {
  return std::any_of(properties.begin(), properties.end(), [&](const auto& entry) {
    const json::object* schema = schema_at(root, entry.value()).if_object();
    return schema && field(*schema, "x-stoker-secret");
  });
}

// Characters and not bytes, as JSON Schema and a cluster count them.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

// A word and no token: a mistyped name of a field has neither digits nor signs.
bool is_a_word(std::string_view text) {
  return text.size() <= 24 && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c); });
}

// The titles of the forms when each has one.
std::string in_words(const json::array& forms) {
  std::vector<std::string> titles;
  for (const json::value& form : forms) {
    const json::object* schema = form.if_object();
    const json::value* title = schema ? field(*schema, "title") : nullptr;
    if (title && title->is_string()) titles.emplace_back(title->get_string());
  }
  if (titles.size() != forms.size()) return "exactly one of the " + std::to_string(forms.size()) + " forms";
  return "one of these: " + joined(titles, "; ");
}

class Check {
 public:
  Check(const json::value& root, std::size_t& expansions) : root_(root), expansions_(expansions) {}

  std::vector<Violation> found;

  // `hidden`: the value may be a secret, so it is in no message.
  void value(const json::value& any_schema, const json::value& value, const std::string& pointer, int depth,
             bool hidden = false) {
    const json::object* schema = schema_at(root_, any_schema).if_object();
    if (!schema) {  // `false` allows no value; check_schema has refused everything else that is not an object
      if (any_schema.is_bool() && !any_schema.get_bool()) add(pointer, "nothing here", shown(value, hidden));
      return;
    }
    if (depth > schema_depth_max) return add(pointer, "at most 64 levels", "more");
    if (field(*schema, "x-stoker-secret")) return secret(*schema, value, pointer);
    hidden = hidden || is_secret(*schema);
    if (!type(*schema, any_schema, value, pointer, hidden) || !choice(*schema, value, pointer, depth, hidden)) return;
    if (value.is_string()) return text(*schema, value.get_string(), pointer, hidden);
    if (value.is_array()) return list(*schema, value.get_array(), pointer, depth, hidden);
    if (value.is_object()) return map(*schema, value.get_object(), pointer, depth, hidden);
    if (const auto size = number(value)) range(*schema, *size, pointer, hidden);
  }

 private:
  static std::string shown(const json::value& value, bool hidden) {
    return hidden ? describe_kind(value) : describe(value);
  }

  void add(const std::string& pointer, std::string expected, std::string got, bool unwanted = false) {
    if (found.size() < violations_max) found.push_back({pointer, std::move(expected), std::move(got), unwanted});
  }

  void secret(const json::object& schema, const json::value& value, const std::string& pointer) {
    if (is_secret_reference(value)) return;
    const std::string reference = "{secretRef: {name: …, key: …}}";
    if (field(schema, "x-stoker-secret")->is_string())
      return add(pointer, reference, value.is_string() ? "the secret itself" : "something else");
    const json::string* text = value.if_string();
    if (!text) return add(pointer, "text or " + reference, "something else");
    const json::value* least = field(schema, "minLength");
    if (least && static_cast<double>(length_of(*text)) < number(*least).value_or(0))
      add(pointer, "a longer secret", "");
    const json::value* format = field(schema, "format");
    if (!format || !format->is_string()) return;
    if (const auto wanted = not_of_format(format->get_string(), *text); !wanted.empty())
      add(pointer, std::string(wanted), "something else");
  }

  bool type(const json::object& schema, const json::value& any_schema, const json::value& value,
            const std::string& pointer, bool hidden) {
    const json::value* wanted = field(schema, "type");
    if (!wanted) return true;
    std::vector<std::string> words;
    const auto fits = [&](const json::value& one) {
      words.emplace_back(type_in_words(one.as_string()));
      return is_of(value, one.as_string());
    };
    if (wanted->is_string()) {
      if (fits(*wanted)) return true;
    } else if (std::any_of(wanted->as_array().begin(), wanted->as_array().end(), fits)) {
      return true;
    }
    const json::value* format = field(schema, "format");
    const std::string_view form =
        format && format->is_string() ? not_of_format(format->get_string(), "") : std::string_view();
    // Text in the place of a map that holds a secret is most probably that secret.
    const bool secret = hidden || holds_a_secret(root_, any_schema);
    add(pointer, form.empty() ? joined(words, " or ") : std::string(form), shown(value, secret));
    return false;
  }

  bool choice(const json::object& schema, const json::value& value, const std::string& pointer, int depth,
              bool hidden) {
    if (const json::value* only = field(schema, "const"); only && *only != value) {
      add(pointer, describe(*only), shown(value, hidden));
      return false;
    }
    if (const json::value* words = field(schema, "enum")) {
      const json::array& allowed = words->as_array();
      if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
        std::vector<std::string> list;
        for (const json::value& one : allowed)
          list.push_back(one.is_string() ? std::string(one.get_string()) : describe(one));
        add(pointer, (list.size() > 1 ? "one of " : "") + joined(list, ", "), shown(value, hidden));
        return false;
      }
    }
    return one_of(schema, value, pointer, depth);
  }

  bool one_of(const json::object& schema, const json::value& value, const std::string& pointer, int depth) {
    const json::value* forms = field(schema, "oneOf");
    if (!forms) return true;
    int fitting = 0;
    for (const json::value& form : forms->as_array()) {
      if (++expansions_ > expansions_max) {
        add(pointer, "at most " + std::to_string(expansions_max) + " forms to try", "more");
        return false;
      }
      Check check(root_, expansions_);
      check.value(form, value, pointer, depth + 1);
      fitting += check.found.empty() ? 1 : 0;
    }
    if (fitting == 1) return true;
    // The value may hold a secret in one of the forms, so it is not shown.
    add(pointer, in_words(forms->as_array()), fitting == 0 ? "none of them" : std::to_string(fitting) + " of them");
    return false;
  }

  void text(const json::object& schema, std::string_view text, const std::string& pointer, bool hidden) {
    const std::string got = shown(json::value(text), hidden);
    const std::size_t length = length_of(text);
    if (const auto least = bound(schema, "minLength"); least && static_cast<double>(length) < *least)
      add(pointer, *least == 1 ? "text that is not empty" : "at least " + plain(*least) + " characters", got);
    if (const auto most = bound(schema, "maxLength"); most && static_cast<double>(length) > *most)
      add(pointer, "at most " + plain(*most) + " characters", std::to_string(length));
    const json::value* format = field(schema, "format");
    if (!format || !format->is_string()) return;
    if (const auto wanted = not_of_format(format->get_string(), text); !wanted.empty())
      return add(pointer, std::string(wanted), got);
    bounds(schema, format->get_string(), text, pointer, got);
  }

  void bounds(const json::object& schema, std::string_view format, std::string_view text, const std::string& pointer,
              const std::string& got) {
    const auto size = size_of(format, text);
    const auto bound = [&](const char* keyword) -> std::optional<double> {
      const json::value* written = field(schema, keyword);
      return written && written->is_string() ? size_of(format, written->get_string()) : std::nullopt;
    };
    if (const auto least = bound("formatMinimum"); size && least && *size < *least)
      add(pointer, "at least " + std::string(field(schema, "formatMinimum")->get_string()), got);
    if (const auto most = bound("formatMaximum"); size && most && *size > *most)
      add(pointer, "at most " + std::string(field(schema, "formatMaximum")->get_string()), got);
  }

  void range(const json::object& schema, double value, const std::string& pointer, bool hidden) {
    const std::string got = shown(json::value(value), hidden);
    if (const auto least = bound(schema, "minimum"); least && value < *least)
      add(pointer, "at least " + plain(*least), got);
    if (const auto most = bound(schema, "maximum"); most && value > *most) add(pointer, "at most " + plain(*most), got);
  }

  void list(const json::object& schema, const json::array& items, const std::string& pointer, int depth, bool hidden) {
    if (const auto least = bound(schema, "minItems"); least && static_cast<double>(items.size()) < *least)
      add(pointer, "at least " + plain(*least) + " entries", std::to_string(items.size()));
    if (const auto most = bound(schema, "maxItems"); most && static_cast<double>(items.size()) > *most)
      add(pointer, "at most " + plain(*most) + " entries", std::to_string(items.size()));
    const json::value* each = field(schema, "items");
    if (!each) return;
    for (std::size_t i = 0; i < items.size(); ++i)
      value(*each, items[i], step(pointer, std::to_string(i)), depth + 1, hidden);
  }

  void map(const json::object& schema, const json::object& fields, const std::string& pointer, int depth, bool hidden) {
    if (const auto least = bound(schema, "minProperties"); least && static_cast<double>(fields.size()) < *least)
      add(pointer, "at least " + plain(*least) + " entries", std::to_string(fields.size()));
    if (const json::value* required = field(schema, "required")) {
      for (const json::value& key : required->as_array())
        if (!fields.contains(key.as_string())) add(step(pointer, key.as_string()), "a value", "nothing");
    }
    static const json::object none;
    const json::value* known = field(schema, "properties");
    const json::object& properties = known ? known->as_object() : none;
    const json::value* others = field(schema, "additionalProperties");
    const bool near_a_secret = hidden || has_a_secret_field(root_, properties);
    for (const auto& [key, entry] : fields) {
      const std::string below = step(pointer, key);
      if (const json::value* described = field(properties, key)) {
        value(*described, entry, below, depth + 1, near_a_secret);
      } else if (others && others->is_bool() && !others->get_bool()) {
        unknown(properties, key, pointer, near_a_secret);
      } else if (others) {
        value(*others, entry, below, depth + 1, near_a_secret);
      }
    }
  }

  // A secret may even stand in the place of a key: `token: {ghp_…}` is a map.
  void unknown(const json::object& properties, std::string_view key, const std::string& pointer, bool near_a_secret) {
    const std::string known = known_fields(properties, key);
    if (near_a_secret && !is_a_word(key)) return add(pointer, known, "an unknown field");
    add(step(pointer, key), known, "the unknown field " + describe_key(key), true);
  }

  static std::string known_fields(const json::object& properties, std::string_view wrong) {
    std::vector<std::string> names;
    for (const auto& [key, ignored] : properties) names.emplace_back(key);
    if (names.empty()) return "nothing here";
    const std::string meant = nearest(wrong, names);
    if (!meant.empty()) return "\"" + meant + "\"";
    return (names.size() > 1 ? "one of " : "") + joined(names, ", ");
  }

  static std::optional<double> bound(const json::object& schema, std::string_view key) {
    const json::value* found = field(schema, key);
    return found ? number(*found) : std::nullopt;
  }

  const json::value& root_;
  std::size_t& expansions_;
};

json::value completed(const json::value& root, const json::value& any_schema, const json::value& value, int depth,
                      std::size_t& expansions) {
  const json::object* schema = schema_at(root, any_schema).if_object();
  if (!schema || depth > schema_depth_max || field(*schema, "x-stoker-secret")) return value;
  if (const json::array* items = value.if_array()) {
    const json::value* each = field(*schema, "items");
    if (!each) return value;
    json::array full;
    for (const json::value& item : *items) full.push_back(completed(root, *each, item, depth + 1, expansions));
    return full;
  }
  if (!value.is_object()) return value;
  static const json::object none;
  const json::value* known = field(*schema, "properties");
  const json::object& properties = known && known->is_object() ? known->get_object() : none;
  const json::value* others = field(*schema, "additionalProperties");
  json::object full;
  for (const auto& [key, entry] : value.get_object()) {
    const json::value* described = field(properties, key);
    if (!described) described = others;
    full.emplace(key, described ? completed(root, *described, entry, depth + 1, expansions) : entry);
  }
  for (const auto& [key, described] : properties) {
    const json::object* below = schema_at(root, described).if_object();
    const json::value* otherwise = below ? field(*below, "default") : nullptr;
    if (otherwise && !full.contains(key) && ++expansions <= expansions_max)
      full.emplace(key, completed(root, described, *otherwise, depth + 1, expansions));
  }
  return full;
}

}  // namespace

std::vector<Violation> validate(const json::value& schema, const json::value& value) {
  std::size_t expansions = 0;
  Check check(schema, expansions);
  check.value(schema, value, "", 0);
  return std::move(check.found);
}

json::value complete(const json::value& schema, const json::value& value) {
  std::size_t expansions = 0;
  return completed(schema, schema, value, 0, expansions);
}

bool is_secret_name(std::string_view text) {
  for (const std::string_view token : token_beginnings)
    if (text.starts_with(token)) return false;
  return !text.empty() && text.size() <= shown_max && text[0] != '.' &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string describe(const json::value& value) {
  if (const auto size = number(value)) return plain(*size);
  if (!value.is_string()) return describe_kind(value);
  const std::string_view text = value.get_string();
  if (const std::size_t scheme = text.find("://");
      scheme != std::string_view::npos && text.find('@', scheme) != std::string_view::npos)
    return "a URL with a user in it";
  if (text.size() <= shown_max) return json::serialize(value);
  return "text of " + std::to_string(text.size()) + " bytes";
}

std::string describe_kind(const json::value& value) {
  if (value.is_object()) return "a map";
  if (value.is_array()) return "a list";
  if (value.is_null()) return "nothing";
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  return value.is_string() ? "text that is not shown" : "a number that is not shown";
}

std::string describe_key(std::string_view key) {
  return key.size() <= shown_max ? json::serialize(json::value(key)) : "of " + std::to_string(key.size()) + " bytes";
}

std::string nearest(std::string_view word, const std::vector<std::string>& words) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& other : words) {
    if (word.size() > 64 || other.size() > 64) continue;
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t(0));
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t corner = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < other.size(); ++j) {
        const bool same =
            std::tolower(static_cast<unsigned char>(word[i])) == std::tolower(static_cast<unsigned char>(other[j]));
        const std::size_t next = std::min({row[j] + 1, row[j + 1] + 1, corner + (same ? 0 : 1)});
        corner = row[j + 1];
        row[j + 1] = next;
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = other;
    }
  }
  return best;
}

}  // namespace stoker::host
