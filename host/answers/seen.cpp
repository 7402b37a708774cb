#include "host/answers/seen.hpp"

#include "host/base/printable.hpp"
#include "host/base/utc_time.hpp"

namespace stoker::host {

namespace json = boost::json;

Seen Seen::operator[](std::string_view key) const {
  const json::value* found = value_ && value_->is_object() ? value_->get_object().if_contains(key) : nullptr;
  return found ? Seen(*found) : Seen();
}

std::string Seen::text(std::size_t bytes_max) const {
  if (!there() || value_->is_object() || value_->is_array()) return {};
  if (!value_->is_string()) return json::serialize(*value_);
  return printable(std::string_view(value_->get_string()), bytes_max);
}

std::int64_t Seen::number() const {
  boost::system::error_code none;
  const auto number = value_ && value_->is_number() ? value_->to_number<std::int64_t>(none) : 0;
  return none ? 0 : number;
}

std::int64_t Seen::time() const {
  if (value_ && value_->is_number()) return number();
  std::string said = text();
  if (const std::size_t dot = said.find('.'); dot != said.npos && said.ends_with('Z'))  // a fraction of a second
    said.erase(dot, said.size() - 1 - dot);
  return unix_ms_of(said).value_or(0);
}

std::vector<Seen> Seen::each() const {
  std::vector<Seen> all;
  if (!value_ || !value_->is_array()) return all;
  for (const json::value& one : value_->get_array()) all.emplace_back(one);
  return all;
}

std::vector<std::pair<std::string, Seen>> Seen::fields() const {
  std::vector<std::pair<std::string, Seen>> all;
  if (!value_ || !value_->is_object()) return all;
  for (const auto& [key, value] : value_->get_object())
    all.emplace_back(printable(std::string_view(key), text_max), Seen(value));
  return all;
}

std::string Seen::annotation(std::string_view key) const {
  return (*this)["metadata"]["annotations"]["stoker.io/" + std::string(key)].text();
}

SeenDocument::SeenDocument(std::string_view text) {
  boost::system::error_code bad;
  value_ = json::parse(text, bad);
  if (bad) value_ = nullptr;
}

}  // namespace stoker::host
