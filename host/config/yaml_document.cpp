// Turns the nodes of yaml-cpp into JSON values and notes their places. Scalars get their type by the core schema of
// YAML 1.2.
#include "host/config/yaml_document.hpp"

#include "host/base/file.hpp"
#include "host/base/printable.hpp"
#include "host/base/utf8.hpp"

#include <boost/json.hpp>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t bytes_max = 4u << 20;
constexpr std::size_t documents_max = 10'000;
constexpr int depth_max = 64;
constexpr std::size_t pointer_step_max = 64;  // bytes of a key that a message shows
constexpr std::size_t nodes_max = 200'000;
constexpr std::size_t expanded_bytes_max = 16u << 20;  // texts and pointers, aliases expanded

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    text.remove_prefix(2);
  } else if (text.starts_with("+")) {
    text.remove_prefix(1);
    if (text.starts_with("-")) return std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A float as the core schema writes it. Anything else is text ("1e", "1.2.3", "inf").
std::optional<double> fraction(std::string_view text) {
  if (text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
  if (text.find_first_of("0123456789") == std::string_view::npos) return std::nullopt;
  if (text.starts_with("+")) text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

json::value plain_scalar(const std::string& text) {
  if (text.empty() || is_one_of(text, {"~", "null", "Null", "NULL"})) return nullptr;
  if (is_one_of(text, {"true", "True", "TRUE"})) return true;
  if (is_one_of(text, {"false", "False", "FALSE"})) return false;
  if (const auto number = whole_number(text)) return *number;
  if (const auto number = fraction(text)) return *number;
  return json::value(text);
}

// For some broken inputs yaml-cpp returns one empty document after the other without an end. So the documents are
// counted before any of them is kept.
class NoEvents final : public YAML::EventHandler {
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

bool has_too_many_documents(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  NoEvents events;
  for (std::size_t count = 0; count <= documents_max; ++count)
    if (!parser.HandleNextDocument(events)) return false;
  return true;
}

class Walk {
 public:
  Walk(YamlDocument& document, ConfigErrors& errors) : document_(document), errors_(errors) {}

  json::value value(const YAML::Node& node, const std::string& pointer, int depth) {
    expanded_bytes_ += pointer.size() + (node.IsScalar() ? node.Scalar().size() : 0);
    if (is_full(depth)) return nullptr;
    switch (node.Type()) {
      case YAML::NodeType::Map: return map(node, pointer, depth);
      case YAML::NodeType::Sequence: return list(node, pointer, depth);
      case YAML::NodeType::Scalar: return scalar(node, pointer);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined: break;
    }
    return nullptr;
  }

 private:
  // Counts one more node.
  bool is_full(int depth) {
    if (++nodes_ <= nodes_max && depth <= depth_max && expanded_bytes_ <= expanded_bytes_max) return full_;
    if (!full_)
      add("", "at most " + std::to_string(nodes_max) + " values, " + std::to_string(depth_max) + " levels and 16 MiB",
          "more (an alias counts like the text that it stands for)");
    full_ = true;
    return true;
  }

  void add(const std::string& pointer, std::string expected, std::string got) {
    errors_.add(document_.error(pointer, std::move(expected), std::move(got)));
  }

  json::value scalar(const YAML::Node& node, const std::string& pointer) {
    const std::string& text = node.Scalar();
    if (text.find('\0') != std::string::npos) {
      add(pointer, "text without NUL", "a NUL character");
      return nullptr;
    }
    const std::string& tag = node.Tag();
    if (tag == "?" || tag.empty()) return plain_scalar(text);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return json::value(text);
    add(pointer, "a value without a tag; text that begins with ! needs quotes", "a tag");
    return nullptr;
  }

  json::value list(const YAML::Node& node, const std::string& pointer, int depth) {
    json::array items;
    for (const auto& item : node) {
      if (full_) break;
      const std::string below = step(pointer, std::to_string(items.size()));
      document_.note_value(below, item.Mark().line + 1, item.Mark().column + 1);
      items.push_back(value(item, below, depth + 1));
    }
    return items;
  }

  json::value map(const YAML::Node& node, const std::string& pointer, int depth) {
    json::object fields;
    bool has_merge = false;
    for (const auto& entry : node) {
      if (full_) break;
      const YAML::Node& key = entry.first;
      if (!key.IsScalar()) {
        add(pointer, "a key that is text", "another kind of value");
      } else if (is_merge_key(key) && !has_merge) {
        has_merge = true;
      } else if (fields.contains(key.Scalar()) || is_merge_key(key)) {
        errors_.add({{document_.file(), key.Mark().line + 1, key.Mark().column + 1},
                     step(pointer, key.Scalar()),
                     "each key once",
                     "the same key again"});
      } else {
        put(fields, key, entry.second, pointer, depth);
      }
    }
    for (const auto& entry : node)
      if (has_merge && entry.first.IsScalar() && is_merge_key(entry.first))
        merge(fields, entry.second, pointer, depth + 1);
    return fields;
  }

  void put(json::object& fields, const YAML::Node& key, const YAML::Node& from, const std::string& pointer, int depth) {
    const std::string below = step(pointer, key.Scalar());
    document_.note_key(below, key.Mark().line + 1, key.Mark().column + 1);
    const YAML::Mark mark = from.IsScalar() ? from.Mark() : key.Mark();
    document_.note_value(below, mark.line + 1, mark.column + 1);
    fields.emplace(key.Scalar(), value(from, below, depth + 1));
  }

  // `<<: *common` in a map, which YAML 1.1 has and tools for Kubernetes take. In quotes it is a key like any other.
  static bool is_merge_key(const YAML::Node& key) { return key.Scalar() == "<<" && key.Tag() == "?"; }

  // Adds the fields of a map, or of each map of a list, that are not there yet: a map's own fields come first, then the
  // maps in their order.
  void merge(json::object& fields, const YAML::Node& from, const std::string& pointer, int depth) {
    if (is_full(depth)) return;
    if (from.IsSequence()) {
      for (const auto& one : from) merge(fields, one, pointer, depth + 1);
      return;
    }
    if (!from.IsMap()) return add(pointer, "a map or a list of maps behind <<", "another kind of value");
    for (const auto& entry : from)
      if (!full_ && entry.first.IsScalar() && !is_merge_key(entry.first) && !fields.contains(entry.first.Scalar()))
        put(fields, entry.first, entry.second, pointer, depth);
    for (const auto& entry : from)
      if (entry.first.IsScalar() && is_merge_key(entry.first)) merge(fields, entry.second, pointer, depth + 1);
  }

  YamlDocument& document_;
  ConfigErrors& errors_;
  std::size_t nodes_ = 0, expanded_bytes_ = 0;
  bool full_ = false;
};

}  // namespace

namespace {

// Behind a colon yaml-cpp repeats what stands in the file, and that may be a password: one that begins with * is read
// as an alias.
std::string what_is_wrong(const std::string& message) {
  if (message.starts_with("the referenced anchor is not defined"))
    return "an alias of nothing; text that begins with * needs quotes";
  return message.substr(0, message.find(": "));
}

}  // namespace

std::string ConfigError::text() const {
  std::string line = place.file;
  if (place.line > 0) line += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  line += ": ";
  if (!pointer.empty()) line += shown_pointer(pointer) + ": ";
  line += "expected " + expected;
  if (!got.empty()) line += ", got " + got;
  return line;
}

void ConfigErrors::add(ConfigError error) {
  if (errors_.size() < config_errors_max) {
    errors_.push_back(std::move(error));
  } else {
    ++more_;
  }
}

void ConfigErrors::add(const ConfigErrors& others) {
  for (const ConfigError& error : others.errors_) add(error);
  more_ += others.more_;
}

std::string ConfigErrors::text() const {
  std::string lines;
  for (const ConfigError& error : errors_) lines += error.text() + "\n";
  if (more_ > 0) lines += "and " + std::to_string(more_) + " more\n";
  return lines;
}

YamlDocument::YamlDocument(std::string file, json::value value)
    : file_(std::move(file)), value_(std::make_unique<json::value>(std::move(value))) {}
YamlDocument::YamlDocument(YamlDocument&&) noexcept = default;
YamlDocument& YamlDocument::operator=(YamlDocument&&) noexcept = default;
YamlDocument::~YamlDocument() = default;

Place YamlDocument::place(std::string_view pointer) const {
  for (;;) {
    if (const auto found = values_.find(pointer); found != values_.end()) return found->second;
    if (pointer.empty()) return {file_, 0, 0};
    pointer = pointer.substr(0, pointer.rfind('/'));
  }
}

Place YamlDocument::key_place(std::string_view pointer) const {
  const auto found = keys_.find(pointer);
  return found == keys_.end() ? place(pointer) : found->second;
}

ConfigError YamlDocument::error(std::string_view pointer, std::string expected, std::string got) const {
  return {place(pointer), std::string(pointer), std::move(expected), std::move(got)};
}

ConfigError YamlDocument::unwanted(std::string_view pointer, std::string expected, std::string got) const {
  return {key_place(pointer), std::string(pointer), std::move(expected), std::move(got)};
}

YamlFile parse_yaml(std::string_view text, const std::string& file) {
  YamlFile loaded;
  if (text.size() > bytes_max) {
    loaded.errors.add({{file, 0, 0}, "", "at most 4 MiB", std::to_string(text.size()) + " bytes"});
    return loaded;
  }
  if (!valid_utf8(text)) {  // yaml-cpp accepts any bytes, but JSON values must be UTF-8
    loaded.errors.add({{file, 0, 0}, "", "UTF-8 text without NUL", "other bytes"});
    return loaded;
  }
  try {
    const std::string whole(text);
    if (has_too_many_documents(whole)) {
      loaded.errors.add({{file, 0, 0}, "", "at most " + std::to_string(documents_max) + " documents", "more"});
      return loaded;
    }
    for (const YAML::Node& root : YAML::LoadAll(whole)) {
      if (root.IsNull()) continue;
      YamlDocument document(file, nullptr);
      document.note_value("", root.Mark().line + 1, root.Mark().column + 1);
      document.edit() = Walk(document, loaded.errors).value(root, "", 0);
      loaded.documents.push_back(std::move(document));
    }
  } catch (const YAML::Exception& refused) {
    const Place place =
        refused.mark.is_null() ? Place{file, 0, 0} : Place{file, refused.mark.line + 1, refused.mark.column + 1};
    loaded.errors.add({place, "", "YAML", what_is_wrong(refused.msg)});
  }
  return loaded;
}

YamlFile load_yaml(const std::filesystem::path& path) {
  YamlFile failed;
  std::error_code none;
  if (!std::filesystem::is_regular_file(path, none)) {
    failed.errors.add({{path.string(), 0, 0},
                       "",
                       "a file",
                       std::filesystem::exists(path, none) ? "something else" : "nothing there"});
    return failed;
  }
  const auto text = read_file(path, bytes_max, Links::follow);  // on a cluster the files of a mounted volume are links
  if (!text && text.error() == errc::invalid)
    failed.errors.add({{path.string(), 0, 0}, "", "at most 4 MiB", "more"});
  else if (!text)
    failed.errors.add({{path.string(), 0, 0}, "", "a file that can be read", text.error().message});
  if (!text) return failed;
  return parse_yaml(*text, path.string());
}

std::string shown_pointer(std::string_view pointer) {
  std::string shown;
  while (!pointer.empty()) {
    const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
    shown += end - 1 <= pointer_step_max ? printable(pointer.substr(0, end), pointer_step_max * 2) : "/…";
    pointer.remove_prefix(end);
  }
  return shown;
}

std::string step(std::string_view pointer, std::string_view key) {
  std::string longer(pointer);
  longer += '/';
  for (const char c : key) {
    if (c == '~') {
      longer += "~0";
    } else if (c == '/') {
      longer += "~1";
    } else {
      longer += c;
    }
  }
  return longer;
}

}  // namespace stoker::host
