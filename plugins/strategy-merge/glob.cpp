// Braces are expanded when a pattern is compiled. A path is matched component by component with a table, so the cost of
// a match is at most components of the pattern x components of the path.
#include "glob.hpp"

#include "paths.hpp"

#include <boost/container/small_vector.hpp>

#include <algorithm>

namespace stoker::merge {
namespace {

constexpr std::size_t alternatives_max = 256;
constexpr std::size_t pattern_bytes_max = 4096;

// A pattern as it was written, and what it is for.
struct Written {
  std::string_view pattern;
  const Glob::Use& use;
};

Error bad(const Written& written, std::string_view why) {
  return Error(errc::invalid,
               std::string(written.use.name) + " '" + sayable(written.pattern, 256) + "': " + std::string(why),
               std::string(written.use.code));
}

// The position after one code point. In invalid UTF-8 each byte counts as one.
std::size_t after_rune(std::string_view text, std::size_t at) {
  std::size_t next = at + 1;
  while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
  return next;
}

// The position after the class `[...]` that starts at `at`, or npos when it is empty or not closed.
std::size_t after_class(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^')) ++i;
  if (i < pattern.size() && pattern[i] == ']') return std::string_view::npos;  // a class has a member
  while (i < pattern.size()) {
    if (pattern[i] == ']') return i + 1;
    i += pattern[i] == '\\' ? 2 : 1;
  }
  return std::string_view::npos;
}

std::string_view take_rune(std::string_view text, std::size_t& at) {
  if (text[at] == '\\' && at + 1 < text.size()) ++at;
  const std::size_t from = at;
  at = after_rune(text, at);
  return text.substr(from, at - from);
}

// The bytes of UTF-8 have the same order as the code points, so code points are compared as bytes.
bool in_class(std::string_view body, std::string_view rune) {
  bool negated = false, found = false;
  std::size_t i = 0;
  if (!body.empty() && (body[0] == '!' || body[0] == '^')) negated = true, i = 1;
  while (i < body.size()) {
    const std::string_view low = take_rune(body, i);
    std::string_view high = low;
    if (i + 1 < body.size() && body[i] == '-') high = take_rune(body, ++i);
    found = found || (low <= rune && rune <= high);
  }
  return found != negated;
}

// Matches one component. Greedy; on a mismatch it goes back to the last star.
bool component_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      while (p < pattern.size() && pattern[p] == '*') ++p;
      star = p;
      resume = n;
      continue;
    }
    bool one = false;
    if (p < pattern.size()) {
      const std::size_t next = after_rune(name, n);
      if (pattern[p] == '?') {
        one = true, ++p, n = next;
      } else if (pattern[p] == '[') {
        const std::size_t end = after_class(pattern, p);
        if (in_class(pattern.substr(p + 1, end - p - 2), name.substr(n, next - n))) one = true, p = end, n = next;
      } else {
        const std::size_t at = pattern[p] == '\\' ? p + 1 : p;
        if (pattern[at] == name[n]) one = true, p = at + 1, ++n;
      }
    }
    if (one) continue;
    if (star == std::string_view::npos) return false;
    p = star;
    n = resume = after_rune(name, resume);
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// The positions of the first brace group outside of classes: its opening, its commas, its closing.
struct Group {
  std::size_t open = std::string_view::npos, close = std::string_view::npos;
  std::vector<std::size_t> commas;
};

Result<Group> first_group(const Written& whole, std::string_view pattern) {
  Group group;
  int depth = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size()) return bad(whole, "ends in a backslash");
    } else if (pattern[i] == '[') {
      const std::size_t end = after_class(pattern, i);
      if (end == std::string_view::npos) return bad(whole, "'[' is never closed, or nothing is between '[' and ']'");
      i = end - 1;
    } else if (pattern[i] == '{') {
      if (depth++ == 0) group.open = i;
    } else if (pattern[i] == ',' && depth == 1) {
      group.commas.push_back(i);
    } else if (pattern[i] == '}') {
      if (depth == 0) return bad(whole, "'}' without '{'");
      if (--depth == 0) {
        group.close = i;
        return group;
      }
    }
  }
  if (depth) return bad(whole, "'{' is never closed");
  return group;
}

Result<void> expand(const Written& whole, const std::string& pattern, std::vector<std::string>& into) {
  auto group = first_group(whole, pattern);
  if (!group) return std::move(group).error();
  if (group->open == std::string_view::npos) {
    if (into.size() == alternatives_max) return bad(whole, "too many alternatives in braces");
    into.push_back(pattern);
    return {};
  }
  std::size_t from = group->open + 1;
  group->commas.push_back(group->close);
  for (const std::size_t to : group->commas) {
    const std::string one =
        pattern.substr(0, group->open) + pattern.substr(from, to - from) + pattern.substr(group->close + 1);
    if (auto done = expand(whole, one, into); !done) return done;
    from = to + 1;
  }
  return {};
}

// The components of a pattern without braces. A slash within a class is none that separates, and matches nothing; one
// behind a backslash is a slash.
std::vector<std::string> components_of(std::string_view pattern) {
  std::vector<std::string> components(1);
  for (std::size_t i = 0; i < pattern.size();) {
    if (pattern[i] == '[') {
      const std::size_t end = after_class(pattern, i);
      components.back() += pattern.substr(i, end - i);
      i = end;
    } else if (pattern[i] == '/' || pattern.substr(i, 2) == "\\/") {
      components.emplace_back();
      i += pattern[i] == '/' ? 1 : 2;
    } else {
      const std::size_t size = pattern[i] == '\\' ? 2 : 1;
      components.back() += pattern.substr(i, size);
      i += size;
    }
  }
  return components;
}

}  // namespace

Result<Glob> Glob::compile(std::string_view pattern, const Use& use) {
  Glob glob;
  glob.text_ = std::string(pattern);
  const Written written{glob.text_, use};
  if (pattern.size() > pattern_bytes_max) return bad(written, "is too long");
  if (pattern.starts_with('/'))
    return bad(written, "starts with '/'; patterns are relative to " + std::string(use.base));
  while (pattern.starts_with("./")) pattern.remove_prefix(2);
  while (pattern.ends_with('/')) pattern.remove_suffix(1), glob.folder_only_ = true;
  if (pattern.empty()) return bad(written, "names nothing");
  std::string plain(pattern);  // `a//b` is `a/b`
  plain.erase(std::unique(plain.begin(), plain.end(), [](char a, char b) { return a == '/' && b == '/'; }),
              plain.end());
  std::vector<std::string> alternatives;
  if (auto expanded = expand(written, plain, alternatives); !expanded) return std::move(expanded).error();
  for (const std::string& one : alternatives) {
    Components components = components_of(one);
    // `{a,}/b` has the alternative `/b`. No path has an empty component, so it matches nothing.
    const bool possible = std::find(components.begin(), components.end(), "") == components.end();
    if (possible) glob.alternatives_.push_back(std::move(components));
  }
  if (glob.alternatives_.empty()) return bad(written, "names nothing");
  return glob;
}

bool Glob::names(std::span<const std::string_view> parts, std::size_t least, std::size_t most) const {
  using Reach = boost::container::small_vector<char, 32>;  // enough for the depth of nearly every path
  Reach reach(most + 1), next(most + 1);                   // reach[i]: the pattern so far matches the first i parts
  for (const Components& pattern : alternatives_) {
    std::fill(reach.begin(), reach.end(), 0);
    reach[0] = 1;
    for (const std::string& component : pattern) {
      if (component == "**") {
        for (std::size_t i = 1; i <= most; ++i) reach[i] = static_cast<char>(reach[i] | reach[i - 1]);
        continue;
      }
      std::fill(next.begin(), next.end(), 0);
      for (std::size_t i = 0; i < most; ++i)
        if (reach[i] && component_matches(component, parts[i])) next[i + 1] = 1;
      std::copy(next.begin(), next.end(), reach.begin());
      if (std::find(reach.begin(), reach.end(), 1) == reach.end()) break;
    }
    if (std::find(reach.begin() + static_cast<std::ptrdiff_t>(least), reach.end(), 1) != reach.end()) return true;
  }
  return false;
}

bool Glob::matches(std::string_view path) const {
  const auto parts = parts_of(path);
  return names(parts, parts.size(), parts.size());
}

bool Glob::covers(std::string_view path) const { return covers(parts_of(path)); }

bool Glob::covers(std::span<const std::string_view> parts) const {
  return !parts.empty() && names(parts, 1, parts.size() - (folder_only_ ? 1 : 0));
}

}  // namespace stoker::merge
