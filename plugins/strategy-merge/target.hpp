// The data directory of one target and the stored state of it. stage, apply and undo work on it.
#pragma once

#include "paths.hpp"
#include "state.hpp"

#include <stoker/call.hpp>

namespace stoker::merge {

struct Target {
  LiveTree live;
  State state;
  std::string folder;          // Stoker's own folder, relative to the data root
  std::string durable_folder;  // the folder of a Run that this process has synced, with all folders above it

  Target(const std::string& root, const std::string& own)
      : live(root), state(root + "/" + own + "/merge/state.db"), folder(own) {}
  std::string runs() const { return join(folder, "merge/runs"); }
  std::string run_folder(std::string_view run) const { return join(runs(), run); }
  // While this file exists, an interrupted apply may be finished. `stage` makes it. It is removed when an apply fails,
  // because a file can be removed even when the disk is full.
  std::string forward(std::string_view run) const { return slot(run, "forward"); }
  // The path where a folder is made before it is moved into its place.
  std::string aside(std::string_view run) const { return slot(run, "folder"); }
  std::string slot(std::string_view run, std::string_view name) const { return join(run_folder(run), name); }
};

// The permission bits of a file, with the executable bit set as wanted.
inline std::uint32_t with_executable(std::uint32_t mode, std::uint32_t wanted) {
  return wanted & 0100 ? mode | ((mode & 0444) >> 2) : mode & ~0111u;
}

}  // namespace stoker::merge
