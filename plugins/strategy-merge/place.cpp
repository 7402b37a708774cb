#include "place.hpp"

#include "paths.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <set>

namespace stoker::merge {
namespace {

// "plant (uid 1000)".
std::string user_named(uid_t uid) {
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  const std::string number = "uid " + std::to_string(uid);
  const bool known = getpwuid_r(uid, &entry, text.data(), text.size(), &found) == 0 && found;
  return known ? std::string(found->pw_name) + " (" + number + ")" : number;
}

std::string octal(std::uint32_t mode) {
  std::string text;
  for (int shift = 9; shift >= 0; shift -= 3) text += static_cast<char>('0' + ((mode >> shift) & 7));
  return text;
}

std::string full(const LiveTree& live, std::string_view path) {
  return live.root() + (path.empty() ? "" : "/") + sayable(path);
}

// Names in this folder have to be made and replaced.
Result<std::optional<std::string>> find_in_folder(LiveTree& live, const std::string& folder) {
  auto access = live.access(folder);
  if (!access) return std::move(access).error();
  const std::string where = "the folder " + full(live, folder);
  switch (*access) {
    case Access::granted: return std::optional<std::string>();
    case Access::read_only:
      return std::optional(where + " is on a file system that is mounted read-only; mount it read-write");
    case Access::immutable: return std::optional(where + " is immutable; run: chattr -i -a " + full(live, folder));
    case Access::refused: break;
  }
  auto look = live.look(folder);
  if (!look) return std::move(look).error();
  return std::optional(where + " belongs to " + user_named(look->uid) + " with mode " + octal(look->mode) +
                       ", and Stoker runs as " + user_named(geteuid()) +
                       ", which may not write there; change the owner " + "or the mode of the folder");
}

// A file that is to be replaced or removed.
Result<std::optional<std::string>> find_at_file(LiveTree& live, const Step& step) {
  auto frozen = live.is_immutable(step.change.path);
  if (!frozen) return std::move(frozen).error();
  const std::string file = full(live, step.change.path);
  if (*frozen) return std::optional("the file " + file + " is immutable; run: chattr -i -a " + file);
  return std::optional<std::string>();
}

}  // namespace

Result<std::optional<std::string>> find_obstacle(LiveTree& live, const Plan& plan) {
  std::set<std::string, std::less<>> seen;
  for (const Step& step : plan.set.steps) {
    // The nearest folder that is there: those below it are made.
    for (std::string_view folder = folder_of(step.change.path);; folder = folder_of(folder)) {
      if (!seen.emplace(folder).second) break;
      auto look = live.look(folder);
      if (!look) return std::move(look).error();
      if (look->kind != Kind::folder && !folder.empty()) continue;
      auto found = find_in_folder(live, std::string(folder));
      if (!found || *found) return found;
      break;
    }
    if (step.change.op == Change::Op::add) continue;
    auto found = find_at_file(live, step);
    if (!found || *found) return found;
  }
  return std::optional<std::string>();
}

}  // namespace stoker::merge
