// Checks a value against its schema (json_schema.hpp) and fills in the defaults of the schema. Pure. [any thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// One place where a value breaks its schema. `unwanted`: the key must not be there at all, whatever its value.
struct Violation {
  std::string pointer, expected, got;
  bool unwanted = false;
};

constexpr std::size_t violations_max = 50;

// Returns at most `violations_max`. A node with "x-stoker-secret": true accepts text or {"secretRef": {"name", "key"}};
// a node with "x-stoker-secret": "reference" accepts only the latter.
//
// People write a secret where its reference belongs, or one line above or below. So these values are in no Violation:
// that of a secret (x-stoker-secret, or writeOnly) and all in it; that of a map in which a secret may be, when it is no
// map; and the fields beside a secret.
std::vector<Violation> validate(const boost::json::value& schema, const boost::json::value& value);

// The value with the defaults of absent fields added. Secret references stay as they are.
boost::json::value complete(const boost::json::value& schema, const boost::json::value& value);

// May a secret have this name? It has to be a plain file name, so that a reference cannot lead out of the folder of
// secrets. What is most probably a secret is no name, because names are shown in messages.
bool is_secret_name(std::string_view text);

// What servers put in front of their tokens. A name that begins so is a token that stands where its name belongs.
inline constexpr std::string_view token_beginnings[] = {"ghp_",        "gho_",   "ghu_", "ghs_",
                                                        "github_pat_", "glpat-", "xoxb-"};

// No longer text is shown in a message: it may be a key, and nobody reads it there.
constexpr std::size_t shown_max = 64;

// The value as text for a message. A longer text and a URL with a user in it are named, not shown.
std::string describe(const boost::json::value& value);
// Only the kind of the value, because it may be a secret.
std::string describe_kind(const boost::json::value& value);
// A key of a map in quotes; one that is too long to be shown is named.
std::string describe_key(std::string_view key);

// The one of `words` that was probably meant; empty when none is similar.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace stoker::host
