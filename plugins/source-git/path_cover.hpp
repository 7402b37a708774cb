// Finds in a map by path what concerns a folder. Pure. [any thread]
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace stoker::git {

template <class T>
using ByPath = std::map<std::string, T, std::less<>>;

// The first entry that lies at `under`, below it or above it; the end when there is none. "" is the root, which is
// above everything.
template <class T>
auto touched(const ByPath<T>& map, std::string_view under) {
  while (under.ends_with('/')) under.remove_suffix(1);
  if (under.empty()) return map.begin();
  const std::string folder = std::string(under) + "/";
  if (const auto below = map.lower_bound(folder); below != map.end() && below->first.starts_with(folder)) return below;
  for (;;) {
    if (const auto found = map.find(under); found != map.end()) return found;
    const auto slash = under.rfind('/');
    if (slash == std::string_view::npos) return map.end();
    under = under.substr(0, slash);
  }
}

}  // namespace stoker::git
