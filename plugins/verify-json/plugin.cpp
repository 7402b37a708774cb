// verify-json: refuses a plan that would write a .json file which is not valid JSON, before any file is changed. It has
// only admit, and keeps nothing between calls, so calls may come from several threads.
#include "json_syntax.hpp"
#include "path_pattern.hpp"

#include <stoker/plugin.hpp>

#include <algorithm>

namespace {

constexpr std::size_t faults_named_max = 5;

struct Faults {
  std::vector<std::string> named;
  std::size_t count = 0;
  bool with_comments = false;  // one of them would be none where comments are allowed

  void add(const std::string& path, const json::Fault& fault) {
    ++count;
    with_comments = with_comments || fault.with_comments;
    if (named.size() < faults_named_max)
      named.push_back(path + ":" + std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.what);
  }
  std::string reason() const {
    std::string text;
    for (const std::string& one : named) text += (text.empty() ? "" : "; ") + one;
    if (count > named.size())
      text += "; and " + std::to_string(count - named.size()) + " more (" + std::to_string(count) + " files in all)";
    text += ". A file that the gateway does not read can stay out with excludePatterns of the Sync, or be named in ";
    if (with_comments) text += "settings.comments or ";
    return text + "settings.ignore of verify-json";
  }
};

using Patterns = std::vector<json::PathPattern>;

Patterns patterns_at(const stoker::Config& config, const std::string& pointer) {
  Patterns patterns;
  for (const std::string& index : config.keys(pointer)) patterns.emplace_back(config.text(pointer + "/" + index));
  return patterns;
}

bool fits(const Patterns& patterns, std::string_view path) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return pattern.fits(path); });
}

struct Settings {
  Patterns ignore, comments;

  explicit Settings(const stoker::Config& config)
      : ignore(patterns_at(config, "/settings/ignore")), comments(patterns_at(config, "/settings/comments")) {
    if (config.find("/settings/comments")) return;
    for (const char* known : {".vscode/*.json", ".devcontainer/*.json", "devcontainer.json", "tsconfig*.json",
                              "jsconfig*.json", ".eslintrc.json"})
      comments.emplace_back(known);
  }
};

class JsonVerifier : public stoker::Verifier {
 public:
  JsonVerifier(const stoker::Config& config, const stoker::Host& host) : settings_(config), log_(host.log()) {}

  stoker::Result<void> admit(stoker::Call& call, std::string_view, const stoker::Plan& plan,
                             const stoker::Out<stoker::Decision>& out) override {
    Faults faults;
    std::size_t files = 0;
    auto looked = plan.changes([&](const stoker::Change& change) -> stoker::Result<void> {
      if (!is_checked(change)) return {};
      if (auto asked = call.check(); !asked) return asked;
      auto fault = look_at(call, plan, change.path);
      if (!fault) return std::move(fault).error();
      if (*fault) faults.add(change.path, **fault);
      ++files;
      return {};
    });
    if (!looked) return looked;
    if (faults.count == 0) {
      log_.debug("every changed JSON file is valid", {{"files", std::to_string(files)}});
      return out.put(stoker::Decision::allow());
    }
    return out.put(stoker::Decision::refuse("ConfigSyntaxError", faults.reason()));
  }

 private:
  bool is_checked(const stoker::Change& change) const {
    using Op = stoker::Change::Op;
    const bool written = change.op == Op::add || change.op == Op::replace;
    return written && change.path.ends_with(".json") && !fits(settings_.ignore, change.path);
  }

  stoker::Result<std::optional<json::Fault>> look_at(stoker::Call& call, const stoker::Plan& plan,
                                                     const std::string& path) {
    json::JsonSyntax syntax(fits(settings_.comments, path) ? json::Dialect::with_comments : json::Dialect::strict);
    bool faulty = false;
    auto read = plan.content(path, [&](std::string_view bytes) -> stoker::Result<void> {
      if (auto asked = call.check(); !asked) return asked;
      faulty = !syntax.feed(bytes);
      if (faulty)
        return stoker::Error(stoker::errc::invalid, "not valid JSON");  // ends the reading of this file, not the call
      return {};
    });
    if (!read && !faulty) return std::move(read).error().in("json: " + path);
    return syntax.finish();
  }

  const Settings settings_;
  stoker::Log log_;
};

}  // namespace

STOKER_PLUGIN("plugin.json", JsonVerifier);
