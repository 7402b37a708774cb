// A gateway that takes a resource for changed only when its resource.json has a newer mtime than the one it loaded. Of
// any other resource it keeps what it has, whatever lies on the disk. Runs on the loop's thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "support/ignition_sim/view.hpp"

namespace ignition_sim {

class MtimeDetection {
 public:
  // The tree as such a gateway sees it. `read` is what a scan read below `data`.
  Tree seen(const std::filesystem::path& data, const Tree& read);

 private:
  struct Known {
    std::filesystem::file_time_type mtime;
    Tree files;  // of the resource's own folder
  };
  std::map<std::string, Known, std::less<>> resources_;  // by folder
};

}  // namespace ignition_sim
