#include "path_pattern.hpp"

namespace json {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const auto slash = path.find('/');
    if (slash != 0) parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  return parts;
}

std::size_t after_letter(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

// On a mismatch it goes back to the last star only, which is enough.
bool part_fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = pattern.npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      n = after_letter(name, n);
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != pattern.npos) {
      p = star;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace

PathPattern::PathPattern(std::string_view text) {
  const bool from_the_root = text.starts_with('/');
  parts_ = parts_of(text);
  if (!from_the_root) parts_.insert(parts_.begin(), "**");
  if (text.ends_with('/')) parts_.emplace_back("**");
}

bool PathPattern::fits(std::string_view path) const {
  const std::vector<std::string> names = parts_of(path);
  std::vector<char> reached(names.size() + 1);  // does the pattern so far fit the first i parts?
  reached[0] = 1;
  for (const std::string& part : parts_) {
    if (part == "**") {
      for (std::size_t i = 1; i < reached.size(); ++i) reached[i] = static_cast<char>(reached[i] | reached[i - 1]);
      continue;
    }
    for (std::size_t i = names.size(); i > 0; --i) reached[i] = reached[i - 1] && part_fits(part, names[i - 1]);
    reached[0] = 0;
  }
  return reached.back();
}

}  // namespace json
