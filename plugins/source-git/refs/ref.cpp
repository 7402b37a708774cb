#include "ref.hpp"

#include "tag_range.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::size_t ref_bytes_max = 1024;  // the host takes no longer one
constexpr std::size_t shown_bytes_max = 80;

// Why no ref of git has this part between two slashes; empty when one may have it.
std::string_view wrong_part(std::string_view part) {
  if (part.empty()) return "it begins or ends with \"/\", or has two of them in a row";
  if (part.starts_with('.')) return "a part of it begins with \".\"";
  if (part.ends_with(".lock")) return "a part of it ends with \".lock\"";
  return {};
}

// Why git allows no ref of this name; empty when it does. These are the rules of `git check-ref-format`, and one more:
// git makes no branch and no tag that begins with "-".
std::string_view wrong_name(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > ref_bytes_max) return "it is longer than 1024 bytes";
  if (name.starts_with(' ') || name.ends_with(' ')) return "it begins or ends with a blank";
  if (name.starts_with('-')) return "it begins with \"-\"";
  if (name.ends_with('.')) return "it ends with \".\"";
  if (name == "@") return "\"@\" alone is no name";
  if (name.find("..") != std::string_view::npos) return "it has \"..\" in it";
  if (name.find("@{") != std::string_view::npos) return "it has \"@{\" in it";
  for (const char c : name) {
    if (c == ' ') return "it has a blank in it";
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) return "it has a control character in it";
    if (std::string_view("~^:?*[\\").find(c) != std::string_view::npos)
      return "it has one of the characters ~ ^ : ? * [ \\ in it";
  }
  for (std::string_view rest = name;;) {
    const auto slash = rest.find('/');
    if (const auto why = wrong_part(rest.substr(0, slash)); !why.empty()) return why;
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

Resolved resolved(const Listing::value_type& found, Resolved::Kind kind) { return {found.second, found.first, kind}; }

Resolved::Kind kind_of(std::string_view full_name) {
  if (full_name.starts_with("refs/heads/")) return Resolved::Kind::branch;
  if (full_name.starts_with("refs/tags/")) return Resolved::Kind::tag;
  return Resolved::Kind::other;
}

void note_ambiguous(std::vector<Note>& notes, std::string_view ref, std::string text) {
  notes.push_back({"ambiguous", std::string(ref), "\"" + std::string(ref) + "\" " + std::move(text)});
}

// The highest version among the tags that is in the range; no value when there is none.
std::optional<Resolved> highest(const Listing& listing, const TagRange& range, std::string_view ref,
                                std::vector<Note>& notes) {
  const std::string tags = "refs/tags/" + range.prefix();
  const Listing::value_type* best = nullptr;
  std::optional<Version> best_version;
  for (auto at = listing.lower_bound(tags); at != listing.end() && at->first.starts_with(tags); ++at) {
    const std::string_view tag = std::string_view(at->first).substr(tags.size());
    const auto version = parse_version(tag);
    if (!version || !range.matches(tag, *version)) continue;
    const int order = best_version ? compare(*version, *best_version) : 1;
    if (order == 0 && at->second != best->second)
      note_ambiguous(notes, ref, "matches " + best->first + " and " + at->first + " of one version; the first is used");
    if (order <= 0) continue;
    best = &*at;
    best_version = version;
  }
  if (!best) return std::nullopt;
  return resolved(*best, Resolved::Kind::tag);
}

}  // namespace

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
}

std::string lower_hex(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_ref_name(std::string_view name) { return wrong_name(name).empty(); }

Result<void> check_ref(std::string_view ref) {
  const std::string_view why = wrong_name(ref);
  if (why.empty() || parse_tag_range(ref)) return {};
  std::string shown;
  for (char c : ref.substr(0, shown_bytes_max)) shown += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  constexpr std::string_view tags = "refs/tags/";
  if (ref.starts_with(tags) && parse_tag_range(ref.substr(tags.size())))
    return Error(errc::invalid,
                 "git: \"" + shown + "\" is not a ref; write the range without \"refs/tags/\": " +
                     shown.substr(std::min(tags.size(), shown.size())),
                 "git.ref-invalid");
  return Error(errc::invalid,
               "git: \"" + shown + "\" is not a ref: " + std::string(why) +
                   "; write a branch, a tag, a commit, a full name (refs/...) or a range of tags (v1.*, line-a/v1.*)",
               "git.ref-invalid");
}

void add_advertised(Listing& listing, std::string_view name, std::string_view id) {
  constexpr std::string_view peeled = "^{}";
  if (name.ends_with(peeled)) {
    name.remove_suffix(peeled.size());
    if (is_ref_name(name)) listing[std::string(name)] = std::string(id);
    return;
  }
  if (is_ref_name(name)) listing.emplace(name, id);
}

std::vector<std::string> prefixes_of(const std::vector<std::string_view>& refs) {
  std::vector<std::string> prefixes;
  for (std::string_view ref : refs) {
    const std::string name(ref);
    if (ref == "HEAD" || ref.starts_with("refs/")) {
      prefixes.push_back(name);
      continue;
    }
    prefixes.push_back("refs/heads/" + name);
    const auto range = parse_tag_range(ref);
    prefixes.push_back("refs/tags/" + (range ? range->prefix() : name));
  }
  return prefixes;
}

Resolved choose(const Listing& listing, std::string_view ref, std::vector<Note>& notes) {
  if (ref == "HEAD" || ref.starts_with("refs/")) {
    const auto found = listing.find(ref);
    return found == listing.end() ? Resolved() : resolved(*found, kind_of(ref));
  }
  const auto tag = listing.find("refs/tags/" + std::string(ref));
  const auto branch = listing.find("refs/heads/" + std::string(ref));
  const auto range = parse_tag_range(ref);
  if (tag != listing.end()) {
    if (branch != listing.end()) note_ambiguous(notes, ref, "is a tag and a branch; the tag is used");
    return resolved(*tag, Resolved::Kind::tag);
  }
  if (branch != listing.end()) {
    std::vector<Note> unused;
    if (range && highest(listing, *range, ref, unused))
      note_ambiguous(notes, ref, "is a branch and a range of tags; the branch is used");
    return resolved(*branch, Resolved::Kind::branch);
  }
  if (range) return highest(listing, *range, ref, notes).value_or(Resolved());
  return {};
}

}  // namespace stoker::git
