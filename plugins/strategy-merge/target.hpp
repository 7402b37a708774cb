// One target's data directory together with what is remembered of it: what stage, apply and undo work on.
#pragma once

#include "paths.hpp"
#include "state.hpp"

#include <stoker/call.hpp>

namespace stoker::merge {

struct Target {
  LiveTree live;
  State state;
  std::string folder;          // Stoker's own, from the data root
  std::string durable_folder;  // of a Run; it and all above were synced by this process

  Target(const std::string& root, const std::string& own)
      : live(root), state(root + "/" + own + "/merge/state.db"), folder(own) {}
  std::string runs() const { return join(folder, "merge/runs"); }
  std::string run_folder(std::string_view run) const { return join(runs(), run); }
  // While this file is there an apply that was cut short may be finished. `stage` makes it; it goes when apply failed,
  // since a name can be taken away where the disk has no room for a word more.
  std::string forward(std::string_view run) const { return slot(run, "forward"); }
  // Where a folder is made before it is moved to its place.
  std::string aside(std::string_view run) const { return slot(run, "folder"); }
  std::string slot(std::string_view run, std::string_view name) const { return join(run_folder(run), name); }
};

// The permission bits that a file keeps, with the executable bit as wanted.
inline std::uint32_t with_executable(std::uint32_t mode, std::uint32_t wanted) {
  return wanted & 0100 ? mode | ((mode & 0444) >> 2) : mode & ~0111u;
}

}  // namespace stoker::merge
