// A YAML file as JSON values that remember where they stood: every mistake can say file:line:column and JSON pointer.
// Bounded in bytes, depth and nodes (an alias counts as what it expands to); duplicate keys are errors. A value. [any
// thread]
#pragma once

#include <boost/json/fwd.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

struct Place {
  std::string file;
  int line = 0, column = 0;  // from 1; 0: not known
  bool operator==(const Place&) const = default;
};

// One mistake in a configuration file. Never holds a secret's value.
struct ConfigError {
  Place place;
  std::string pointer, expected, got;
  // "stoker.yaml:12:7: /http/listen: expected a port, got "x"".
  std::string text() const;
};

constexpr std::size_t config_errors_max = 50;

// The mistakes of one load; those past the bound are counted, not kept.
class ConfigErrors {
 public:
  void add(ConfigError error);
  void add(const ConfigErrors& others);
  bool empty() const { return errors_.empty(); }
  std::size_t size() const { return errors_.size(); }
  const ConfigError& operator[](std::size_t index) const { return errors_[index]; }
  // One line each, and how many more there were.
  std::string text() const;

 private:
  std::vector<ConfigError> errors_;
  std::size_t more_ = 0;
};

class YamlDocument {
 public:
  YamlDocument(std::string file, boost::json::value value);
  YamlDocument(YamlDocument&&) noexcept;
  YamlDocument& operator=(YamlDocument&&) noexcept;
  ~YamlDocument();

  const boost::json::value& value() const { return *value_; }
  const std::string& file() const { return file_; }
  // Where the value at `pointer` stands; of a value that is not there: its nearest parent.
  Place place(std::string_view pointer) const;
  // Where the key itself stands, for a key that should not be there.
  Place key_place(std::string_view pointer) const;
  ConfigError error(std::string_view pointer, std::string expected, std::string got) const;
  ConfigError unwanted(std::string_view pointer, std::string expected, std::string got) const;

  void note_value(const std::string& pointer, int line, int column) { values_[pointer] = {file_, line, column}; }
  void note_key(const std::string& pointer, int line, int column) { keys_[pointer] = {file_, line, column}; }
  boost::json::value& edit() { return *value_; }

 private:
  std::string file_;
  std::unique_ptr<boost::json::value> value_;
  std::map<std::string, Place, std::less<>> values_, keys_;
};

struct YamlFile {
  std::vector<YamlDocument> documents;  // empty documents are left out
  ConfigErrors errors;
};

YamlFile parse_yaml(std::string_view text, const std::string& file);
YamlFile load_yaml(const std::filesystem::path& path);

// `pointer` with one more step, escaped: ("/modules", "a/b") -> "/modules/a~1b".
std::string step(std::string_view pointer, std::string_view key);

}  // namespace stoker::host
