#include "submodule_map.hpp"

#include <optional>

namespace stoker::git {
namespace {

constexpr std::size_t submodules_max = 4096;

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

// The name in [submodule "name"]; empty for another section. No value: the line is not a section.
std::optional<std::string> submodule_name(std::string_view line) {
  if (!line.ends_with(']')) return std::nullopt;
  line = trimmed(line.substr(1, line.size() - 2));
  const auto quote = line.find('"');
  if (lower(trimmed(line.substr(0, quote))) != "submodule") return std::string();
  if (quote == line.npos || line.size() < quote + 3 || !line.ends_with('"')) return std::nullopt;
  std::string name;
  for (std::size_t i = quote + 1; i + 1 < line.size(); ++i) {
    if (line[i] == '\\' && i + 2 < line.size()) ++i;
    name += line[i];
  }
  return name;
}

// Reads the value of a setting. Quotes are removed and their content is kept, a backslash keeps the next character, a
// comment ends the value.
std::optional<std::string> value_of(std::string_view text) {
  std::string value;
  bool quoted = false;
  std::size_t kept = 0;  // length of the value; blanks at its end count only within quotes
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      quoted = !quoted;
      kept = value.size();
      continue;
    }
    if (!quoted && (c == '#' || c == ';')) break;
    if (c == '\\') {
      if (++i == text.size() || (text[i] != '\\' && text[i] != '"')) return std::nullopt;
      c = text[i];
    }
    value += c;
    if (quoted || blanks.find(c) == blanks.npos) kept = value.size();
  }
  if (quoted) return std::nullopt;
  value.resize(kept);
  return value;
}

Error invalid(std::size_t line, const char* why) {
  return Error(errc::invalid, "git: .gitmodules: line " + std::to_string(line) + ": " + why, "git.submodules-invalid");
}

}  // namespace

Result<SubmoduleMap> read_gitmodules(std::string_view text) {
  struct Said {
    std::string path, url;
  };
  std::map<std::string, Said> by_name;
  std::optional<std::string> name;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = trimmed(whole);
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      name = submodule_name(line);
      if (!name) return invalid(number, "no section that can be read");
      continue;
    }
    if (!name) return invalid(number, "a setting before the first section");
    if (name->empty()) continue;
    const auto equals = line.find('=');
    const std::string key = lower(trimmed(line.substr(0, equals)));
    if (key != "path" && key != "url") continue;
    const auto value = equals == line.npos ? std::nullopt : value_of(trimmed(line.substr(equals + 1)));
    if (!value || value->empty()) return invalid(number, "a setting without a value that can be read");
    (key == "path" ? by_name[*name].path : by_name[*name].url) = *value;
    if (by_name.size() > submodules_max) return invalid(number, "more than 4096 submodules");
  }
  SubmoduleMap urls;
  for (auto& [ignored, said] : by_name)
    if (!said.path.empty()) urls.insert_or_assign(std::move(said.path), std::move(said.url));
  return urls;
}

Result<std::string> submodule_url(std::string_view parent, std::string_view url) {
  if (!url.starts_with("./") && !url.starts_with("../")) return std::string(url);
  const Error outside(
      errc::invalid,
      "git: the URL " + std::string(url.substr(0, 300)) + " of a submodule leads out of that of its repository",
      "git.url-invalid");
  while (parent.ends_with('/')) parent.remove_suffix(1);
  const auto scheme = parent.find("://");
  const std::size_t root = scheme == parent.npos ? 0 : parent.find('/', scheme + 3);  // ".." cannot remove this part
  char joint = '/';
  while (url.starts_with("./") || url.starts_with("../")) {
    if (url.starts_with("./")) {
      url.remove_prefix(2);
      continue;
    }
    url.remove_prefix(3);
    const auto cut = parent.find_last_of(scheme == parent.npos ? "/:" : "/");
    if (cut == parent.npos || cut < root || joint == ':') return outside;
    joint = parent[cut];
    parent = parent.substr(0, cut);
  }
  while (url.ends_with('/')) url.remove_suffix(1);
  if (url.empty()) return outside;
  return std::string(parent) + joint + std::string(url);
}

}  // namespace stoker::git
