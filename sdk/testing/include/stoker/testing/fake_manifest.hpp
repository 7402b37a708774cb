// SPDX-License-Identifier: Apache-2.0
// FakeManifest: what FakeHost takes from a plugin's plugin.json, so that a unit test sees the plugin as the real host
// does: which services it may use, and the defaults of its settings. Depends on the standard library only.
#pragma once

#include <stoker/testing/json_text.hpp>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace stoker::testing {

class FakeManifest {
 public:
  // `file` is plugin.json: stoker_add_plugin_test() gives its place as STOKER_PLUGIN_MANIFEST. Throws
  // std::runtime_error when it cannot be read or is not JSON.
  explicit FakeManifest(const std::string& file) {
    std::ostringstream bytes;
    bytes << std::ifstream(file).rdbuf();
    text_ = bytes.str();
    const auto whole = JsonText::parse(text_);
    if (!whole) throw std::runtime_error(file + ": cannot be read as JSON");
    for (const char* list : {"/needs", "/optionalNeeds"})
      if (const auto ids = whole->at(list))
        for (const auto& [index, id] : ids->members()) services_.insert(id.plain());
  }

  bool names(std::string_view service) const { return services_.contains(service); }

  // The document for `create`, with the defaults that `config.settings` has for absent settings.
  std::string completed(std::string_view document) const {
    const auto schema = JsonText::parse(text_)->at("/config/settings");
    const auto whole = JsonText::parse(document);
    if (!schema || !whole || whole->json().front() != '{') return std::string(document);
    std::string full = "{";
    bool has_settings = false;
    for (const auto& [key, value] : whole->members()) {
      has_settings = has_settings || key == "settings";
      append(full, key, key == "settings" ? complete(*schema, *schema, value, 0) : std::string(value.json()));
    }
    if (!has_settings) append(full, "settings", complete(*schema, *schema, *JsonText::parse("{}"), 0));
    return full + "}";
  }

 private:
  static constexpr int depth_max = 32;

  static void append(std::string& object, std::string_view key, std::string_view value) {
    if (object.size() > 1) object += ',';
    object += '"';
    for (const char c : key) {
      if (c == '"' || c == '\\') object += '\\';
      object += c;
    }
    object.append("\":").append(value);
  }

  // The schema that a "$ref" of the form "#" or "#/..." leads to.
  static JsonText schema_at(const JsonText& root, JsonText schema) {
    for (int i = 0; i < depth_max; ++i) {
      const auto reference = schema.at("/$ref");
      const std::string to = reference ? reference->plain() : std::string();
      const auto next = to.starts_with('#') ? root.at(std::string_view(to).substr(1)) : std::nullopt;
      if (!next) break;
      schema = *next;
    }
    return schema;
  }

  static std::string complete(const JsonText& root, const JsonText& described, const JsonText& value, int depth) {
    const JsonText schema = schema_at(root, described);
    if (depth > depth_max || schema.at("/x-stoker-secret")) return std::string(value.json());
    if (value.json().front() == '[') return complete_list(root, schema, value, depth);
    if (value.json().front() != '{') return std::string(value.json());
    std::map<std::string, JsonText> properties;
    if (const auto all = schema.at("/properties"))
      for (const auto& [key, below] : all->members()) properties.emplace(key, below);
    const auto others = schema.at("/additionalProperties");
    std::string full = "{";
    for (const auto& [key, entry] : value.members()) {
      const auto known = properties.find(key);
      const JsonText* below = known != properties.end() ? &known->second : others ? &*others : nullptr;
      append(full, key, below ? complete(root, *below, entry, depth + 1) : std::string(entry.json()));
      properties.erase(key);
    }
    for (const auto& [key, below] : properties)
      if (const auto otherwise = schema_at(root, below).at("/default"))
        append(full, key, complete(root, below, *otherwise, depth + 1));
    return full + "}";
  }

  static std::string complete_list(const JsonText& root, const JsonText& schema, const JsonText& list, int depth) {
    const auto each = schema.at("/items");
    if (!each) return std::string(list.json());
    std::string full = "[";
    for (const auto& [index, item] : list.members())
      full.append(full.size() > 1 ? "," : "").append(complete(root, *each, item, depth + 1));
    return full + "]";
  }

  std::string text_;
  std::set<std::string, std::less<>> services_;
};

}  // namespace stoker::testing
