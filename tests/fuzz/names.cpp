// What people write on one line: refs, ranges of tags, patterns, paths with placeholders. The first line is what was
// written, the second what it is held against.
#include "fuzz.hpp"

#include "plugins/source-git/path_rules.hpp"
#include "plugins/source-git/refs/ref.hpp"
#include "plugins/source-git/refs/tag_range.hpp"
#include "plugins/strategy-merge/glob.hpp"
#include "plugins/strategy-merge/mapping.hpp"
#include "plugins/strategy-merge/paths.hpp"
#include "plugins/strategy-merge/rendering.hpp"
#include "stoker/duration.hpp"

#include <algorithm>

namespace {

using stoker::fuzz::promise;

void refs(std::string_view written, std::string_view other) {
  using namespace stoker::git;
  if (check_ref(written)) {
    promise(!written.empty() && written[0] != '-', "a ref is no option");
    promise(std::none_of(written.begin(), written.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }),
            "a ref has no control characters");
    Listing listing;
    add_advertised(listing, "refs/heads/main", std::string(40, '1'));
    add_advertised(listing, "refs/tags/v1.2.3", std::string(40, '2'));
    add_advertised(listing, other, std::string(40, '3'));
    std::vector<stoker::Note> notes;
    const auto chosen = choose(listing, written, notes);
    promise(chosen.revision.empty() || listing.contains(chosen.ref), "what is chosen is on the list");
  }
  const auto a = parse_version(written), b = parse_version(other);
  if (a && b) promise(compare(*a, *b) == -compare(*b, *a) && compare(*a, *a) == 0, "versions have one order");
  if (const auto range = parse_tag_range(written); range && b) (void)range->matches(other, *b);
  for (const std::string_view part : {written, other})
    if (refused_name(part).empty())
      promise(part.find('/') == std::string_view::npos && part != ".." && part != ".git", "an accepted name is plain");
}

void paths(std::string_view written, std::string_view other) {
  using namespace stoker::merge;
  if (const auto glob = Glob::compile(written)) {
    if (glob->matches(other)) (void)glob->covers(other);
    (void)glob->covers(std::string(other) + "/below");
  }
  Assignment assignment;
  assignment.target = "press-1";
  assignment.vars.emplace("line", other);
  const auto filled = templates::render_short(written, "/source", values_of(assignment));
  const auto clean = filled ? normalised(filled->bytes, "path") : stoker::Result<std::string>(filled.error());
  if (!clean) return;
  for (const std::string_view part : parts_of(*clean))
    promise(part != ".." && part != ".", "a path leads nowhere else");
  promise(!clean->starts_with('/'), "a path is relative");
  const auto twice = normalised(clean->empty() ? "." : *clean, "path");
  promise(twice && *twice == *clean, "normalised is normalised");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string_view text = stoker::fuzz::text_of(data, size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view written = text.substr(0, line), other = text.substr(std::min(line + 1, text.size()));
  refs(written, other);
  paths(written, other);
  (void)stoker::parse_duration(written);
  return 0;
}
