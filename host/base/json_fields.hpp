// Reads the fields of a JSON document. Every document on disk or from a plugin is read by the same rule.
//
// Concept. A field that is absent has its default. A field of the wrong type is an error that names the field by its
// JSON pointer, so that a damaged document is refused as a whole. A JsonDocument keeps the first such error and reading
// goes on with defaults, so that the caller checks for an error only once, at the end. JsonFields is a view of one
// object of the document. Settings that a person writes are checked against a schema first (config/validation.hpp).
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

// The first mistake in a document, as a sentence: "/profile/name is not a string". Empty when there is none.
class JsonFault {
 public:
  const std::string& text() const { return text_; }
  bool found() const { return !text_.empty(); }
  void add(std::string text) {
    if (text_.empty()) text_ = std::move(text);
  }

 private:
  std::string text_;
};

class JsonFields {
 public:
  // `at`: the pointer to this object, for messages. Object and fault outlive the view.
  JsonFields(const boost::json::object& object, JsonFault& fault, std::string at = {})
      : object_(&object), fault_(&fault), at_(std::move(at)) {}

  bool has(std::string_view key) const { return object_->contains(key); }
  bool is_null(std::string_view key) const;
  std::string text(std::string_view key, std::string otherwise = {}) const;
  bool flag(std::string_view key, bool otherwise = false) const;
  std::int64_t number(std::string_view key, std::int64_t otherwise = 0) const;
  std::uint64_t count(std::string_view key, std::uint64_t otherwise = 0) const;  // 0 or more
  // A text that `parse` knows. An empty text counts as absent.
  template <class Enum>
  Enum one_of(std::string_view key, std::optional<Enum> (*parse)(std::string_view), Enum otherwise) const {
    const std::string written = text(key);
    if (written.empty()) return otherwise;
    const std::optional<Enum> known = parse(written);
    if (!known) unknown(key, written);
    return known.value_or(otherwise);
  }
  std::map<std::string, std::string> texts(std::string_view key) const;  // an object of strings
  std::vector<std::string> list(std::string_view key) const;             // an array of strings
  // An object without fields when it is absent.
  JsonFields object(std::string_view key) const;
  std::vector<JsonFields> objects(std::string_view key) const;  // an array of objects

  // Notes a mistake that the caller found in a field.
  void wrong(std::string_view key, std::string_view what) const;

 private:
  const boost::json::value* find(std::string_view key) const { return object_->if_contains(key); }
  std::string pointer(std::string_view key) const;
  void unknown(std::string_view key, std::string_view written) const;

  const boost::json::object* object_;
  JsonFault* fault_;
  std::string at_;
};

// A text that is read as JSON. If it is not a JSON object, that is the fault, and it has no fields.
class JsonDocument {
 public:
  explicit JsonDocument(std::string_view text);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;
  JsonFields fields();
  const JsonFault& fault() const { return fault_; }

 private:
  boost::json::value value_;
  JsonFault fault_;
};

}  // namespace stoker::host
