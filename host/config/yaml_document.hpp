// A YAML file as JSON values, with the line and column of each, so that a message can name file:line:column and JSON
// pointer of a mistake. Bytes, depth and number of nodes are bounded; an alias counts like the text that it stands for.
// A key that stands twice is an error. A value. [any thread]
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
  int line = 0, column = 0;  // counted from 1; 0 when not known
  bool operator==(const Place&) const = default;
};

// One mistake in a configuration file. Never holds the value of a secret.
struct ConfigError {
  Place place;
  std::string pointer, expected, got;
  // "stoker.yaml:12:7: /http/listen: expected a port, got "x"".
  std::string text() const;
};

constexpr std::size_t config_errors_max = 50;

// The mistakes of one load. Those past `config_errors_max` are only counted.
class ConfigErrors {
 public:
  void add(ConfigError error);
  void add(const ConfigErrors& others);
  bool empty() const { return errors_.empty(); }
  std::size_t size() const { return errors_.size(); }
  const ConfigError& operator[](std::size_t index) const { return errors_[index]; }
  // One line for each mistake, and one that says how many more there were.
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
  // The place of the value at `pointer`; when there is no such value, of its nearest parent.
  Place place(std::string_view pointer) const;
  // The place of the key itself, for a key that should not be there.
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

// Adds one escaped step to `pointer`: ("/modules", "a/b") -> "/modules/a~1b".
std::string step(std::string_view pointer, std::string_view key);

// `pointer` as it may be shown: a long step is left out, because a key may be a secret too, such as a private key that
// is indented wrongly.
std::string shown_pointer(std::string_view pointer);

}  // namespace stoker::host
