// What stands in an object, read without conditions: a field that is absent or of another type is empty. People ask
// about objects of older and newer programs too, and those that are damaged, and get an answer from what can be read.
// Texts are made printable here, so that no object can write to a terminal. Pure. [any thread]
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker::host {

class Seen {
 public:
  static constexpr std::size_t text_max = 600;  // bytes of one text; a screen is small

  Seen() = default;                                                   // nothing
  explicit Seen(const boost::json::value& value) : value_(&value) {}  // which outlives this

  bool there() const { return value_ && !value_->is_null(); }
  Seen operator[](std::string_view key) const;
  // Printable. A number or a flag as it is written.
  std::string text(std::size_t bytes_max = text_max) const;
  bool flag() const { return value_ && value_->is_bool() && value_->get_bool(); }
  bool is_false() const { return value_ && value_->is_bool() && !value_->get_bool(); }
  std::int64_t number() const;
  // Unix time in milliseconds, of a number or of a text (RFC 3339). 0: none.
  std::int64_t time() const;
  // Of an array.
  std::vector<Seen> each() const;
  // Of an object, in its order. The keys are printable.
  std::vector<std::pair<std::string, Seen>> fields() const;
  const boost::json::value* value() const { return value_; }

  // The metadata's annotation "stoker.io/<key>" of an object.
  std::string annotation(std::string_view key) const;

 private:
  const boost::json::value* value_ = nullptr;
};

// A text that is read as JSON; one that is none has no fields.
class SeenDocument {
 public:
  explicit SeenDocument(std::string_view text);
  SeenDocument(const SeenDocument&) = delete;
  SeenDocument& operator=(const SeenDocument&) = delete;
  Seen seen() const { return Seen(value_); }

 private:
  boost::json::value value_;
};

}  // namespace stoker::host
