// A process on a disk whose power may be cut at any moment: what the disk holds after each call that changes something.
#pragma once

#include "tests/crash/disk.hpp"
#include "tests/crash/traced.hpp"

#include <random>
#include <vector>

namespace crash {

// What all the others do between two calls.
enum class World {
  quiet,   // nobody syncs anything but the process itself
  busy,    // somebody else syncs a file: names and sizes are on the disk, bytes are not
  random,  // drawn pages of drawn files reach the disk, and now and then somebody syncs
};
std::string_view name(World world);

// The power is cut when this call has been made, or is about to be, if it is the first of all.
struct Cut {
  Seen after;
  Disk::Content disk;
};

class PowerRecord {
 public:
  // `folder` is where the disk is mounted; the process works on `data` in it.
  PowerRecord(const Disk& disk, std::filesystem::path folder, std::filesystem::path data, World world, unsigned seed)
      : disk_(disk), folder_(std::move(folder)), data_(std::move(data)), world_(world), random_(seed) {}
  // Pass it to run_traced.
  Watch watch();
  // Each with a disk that is another than the one before, or in another phase of the process.
  const std::vector<Cut>& cuts() const { return cuts_; }
  int moments() const { return moments_; }

 private:
  void take(const Seen& seen);
  void others_sync();
  void pages_reach_the_disk();

  const Disk& disk_;
  std::filesystem::path folder_, data_;
  World world_;
  std::mt19937 random_;
  std::vector<Cut> cuts_;
  std::string writes_;  // of the disk, at the last cut
  int moments_ = 0;
};

}  // namespace crash
