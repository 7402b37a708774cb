// Rules. Patterns are matched by trying everything.
#include "model/rules.hpp"

#include "model/tree.hpp"

#include <algorithm>

namespace stoker::model {
namespace {

const std::vector<std::string> always{"**/.git",       "**/.git/**",       "**/.gitkeep",
                                      "**/.resources", "**/.resources/**", "**/.sync-staging/**"};
const std::vector<std::string> protected_paths{"**/.resources/**",
                                               "config/resources/local/**",
                                               "config/local/**",
                                               "config/ignition/keys/**",
                                               "var/**",
                                               "db/**",
                                               "metricsdb/**",
                                               "jar-cache/**",
                                               "logs/**",
                                               "**/valueStore.idb",
                                               "**/.uuid",
                                               "**/uuid.txt",
                                               "metro-keystore",
                                               "certificates/**",
                                               "*keystore*",
                                               "license*",
                                               "redundan*",
                                               "ignition.conf",
                                               "gateway.xml*",
                                               "commissioning.json",
                                               ".container-init.conf",
                                               "modules.json",
                                               "*.modl",
                                               "autobackup/**",
                                               "migration-log*",
                                               "conversion-report.txt"};
const std::string own_folder = ".stoker";

// One character of UTF-8, or one byte where there is none.
std::size_t rune(const std::string& text, std::size_t at) {
  std::size_t size = 1;
  while (at + size < text.size() && (text[at + size] & 0xC0) == 0x80) ++size;
  return size;
}

// `{a,b}` spelled out.
std::vector<std::string> spelled_out(const std::string& pattern) {
  const auto open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  const auto close = pattern.find('}', open);
  std::vector<std::string> all;
  std::string one;
  for (const char c : pattern.substr(open + 1, close - open - 1) + ",") {
    if (c != ',') {
      one += c;
      continue;
    }
    for (const std::string& rest : spelled_out(pattern.substr(close + 1)))
      all.push_back(pattern.substr(0, open) + one + rest);
    one.clear();
  }
  return all;
}

bool in_class(const std::string& body, const std::string& one) {
  const bool negated = !body.empty() && (body[0] == '!' || body[0] == '^');
  bool any = false;
  for (std::size_t i = negated ? 1 : 0; i < body.size();) {
    const std::string low = body.substr(i, rune(body, i));
    i += low.size();
    std::string high = low;
    if (i + 1 < body.size() && body[i] == '-') {
      high = body.substr(i + 1, rune(body, i + 1));
      i += 1 + high.size();
    }
    any = any || (low <= one && one <= high);
  }
  return any != negated;
}

bool name_matches(const std::string& pattern, const std::string& name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t taken = 0;; taken += rune(name, taken)) {
      if (name_matches(pattern.substr(1), name.substr(taken))) return true;
      if (taken >= name.size()) return false;
    }
  }
  if (name.empty()) return false;
  const std::size_t one = rune(name, 0);
  if (pattern[0] == '?') return name_matches(pattern.substr(1), name.substr(one));
  if (pattern[0] == '[') {
    const auto end = pattern.find(']', 2);
    return in_class(pattern.substr(1, end - 1), name.substr(0, one)) &&
           name_matches(pattern.substr(end + 1), name.substr(one));
  }
  const std::size_t from = pattern[0] == '\\' ? 1 : 0;
  return pattern[from] == name[0] && name_matches(pattern.substr(from + 1), name.substr(1));
}

bool parts_match(std::vector<std::string> pattern, std::vector<std::string> path) {
  if (pattern.empty()) return path.empty();
  const std::string first = pattern.front();
  const std::vector<std::string> rest(pattern.begin() + 1, pattern.end());
  if (first == "**") {
    for (std::size_t taken = 0; taken <= path.size(); ++taken)
      if (parts_match(rest, {path.begin() + static_cast<std::ptrdiff_t>(taken), path.end()})) return true;
    return false;
  }
  return !path.empty() && name_matches(first, path.front()) && parts_match(rest, {path.begin() + 1, path.end()});
}

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

bool bad_pattern(const std::string& pattern) {
  const auto count = [&](char c) { return std::count(pattern.begin(), pattern.end(), c); };
  return pattern[0] == '/' || count('[') != count(']') || count('{') != count('}') || pattern.back() == '\\' ||
         pattern.find_first_not_of("./") == std::string::npos;
}

// `{{ .Vars.line }}` and what else the random profiles use.
std::string filled_in(std::string text, const Profile& profile, const std::string& revision, Rules& rules) {
  for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{")) {
    const auto close = text.find("}}", open);
    const std::string name = trimmed(text.substr(open + 2, close - open - 2));
    std::string value;
    if (name == ".Commit") {
      value = revision;
    } else if (name == ".GatewayName") {
      value = "press-1";
    } else if (name.rfind(".Vars.", 0) == 0) {
      const auto found = profile.vars.find(name.substr(6));
      if (found == profile.vars.end()) rules.wrong.insert("merge.missing-value");
      if (found != profile.vars.end()) value = found->second;
    } else {
      rules.wrong.insert("merge.bad-template");
    }
    text = text.substr(0, open) + value + text.substr(close + 2);
  }
  return text;
}

std::string plain(const std::string& text, Rules& rules) {
  std::string clean;
  if (text.empty() || text[0] == '/') rules.wrong.insert("merge.bad-path");
  for (const std::string& one : components(text)) {
    if (one == "..") rules.wrong.insert("merge.bad-path");
    if (one != ".") clean = below(clean, one);
  }
  return clean;
}

}  // namespace

bool glob_matches(const std::string& pattern, const std::string& path) {
  for (const std::string& one : spelled_out(pattern))
    if (parts_match(components(one), components(path))) return true;
  return false;
}

bool glob_covers(const std::string& written, const std::string& path) {
  std::string pattern = written;
  while (pattern.rfind("./", 0) == 0) pattern = pattern.substr(2);
  const bool folder_only = pattern.back() == '/';
  for (std::string at = folder_only ? above(path) : path; !at.empty(); at = above(at))
    if (glob_matches(pattern, at)) return true;
  return false;
}

std::optional<std::string> Mapping::lands(const std::string& source_path) const {
  if (!inside(source_path, source)) return std::nullopt;
  if (source_path == source) return destination;
  return below(destination, source.empty() ? source_path : source_path.substr(source.size() + 1));
}

Rules rules_of(const Profile& profile, const std::string& revision) {
  Rules rules;
  rules.role = profile.role;
  rules.preset = profile.preset;
  for (const WrittenMapping& written : profile.mappings) {
    if (!written.type.empty() && written.type != "dir" && written.type != "file") rules.wrong.insert("merge.bad-type");
    Mapping mapping{plain(filled_in(written.source, profile, revision, rules), rules),
                    plain(filled_in(written.destination, profile, revision, rules), rules), written.type,
                    written.required};
    if (inside(mapping.destination, own_folder)) rules.wrong.insert("merge.bad-path");
    rules.mappings.push_back(mapping);
  }
  for (const std::string& written : profile.excludes) {
    const std::string pattern = trimmed(written);
    if (pattern.empty()) continue;
    if (bad_pattern(pattern)) rules.wrong.insert("merge.bad-exclude");
    rules.excludes.push_back(pattern);
  }
  return rules;
}

bool Rules::same_as(const Rules& other) const {
  return mappings == other.mappings && excludes == other.excludes && role == other.role;
}

bool Rules::excluded(const std::string& path) const {
  const auto covers = [&](const std::string& pattern) { return glob_covers(pattern, path); };
  return std::any_of(always.begin(), always.end(), covers) || std::any_of(excludes.begin(), excludes.end(), covers);
}

// An explicit mapping wins over the protected paths that its destination lies at or below.
bool Rules::guarded(const std::string& path, const Mapping* mapping) const {
  if (inside(path, own_folder)) return true;
  if (preset != "ignition") return false;
  return std::any_of(protected_paths.begin(), protected_paths.end(), [&](const std::string& pattern) {
    return glob_covers(pattern, path) && !(mapping && glob_covers(pattern, mapping->destination));
  });
}

bool Rules::writes(const std::string& path, const Mapping& mapping) const {
  return !path.empty() && !excluded(path) && !guarded(path, &mapping);
}

bool Rules::prunes(const std::string& path) const { return !excluded(path) && !guarded(path, nullptr); }

bool Rules::replicated(const std::string& path) const {
  if (preset != "ignition" || role != "backup") return false;
  return inside(path, "projects") || (inside(path, "config/resources") && !inside(path, "config/resources/external") &&
                                      !inside(path, "config/resources/local"));
}

bool Rules::holds_a_root(const std::string& folder) const {
  return std::any_of(mappings.begin(), mappings.end(), [&](const Mapping& m) { return inside(m.destination, folder); });
}

bool Rules::in_a_root(const std::string& folder) const {
  return std::any_of(mappings.begin(), mappings.end(), [&](const Mapping& m) { return inside(folder, m.destination); });
}

}  // namespace stoker::model
