// A disk of the test's own with a real file system: an image in memory that the kernel has by a loop device. It holds
// what a write-through disk holds: a copy of it at any moment is what is left when the power is cut there. Mounts are
// in a mount namespace of this process, so that they end with it, however it ends; the devices go with the mounts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

namespace crash {

// There can be no such disk here; the message says what has to be there or allowed.
struct NoDisk : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct FileSystem {
  const char* type;     // for mount
  const char* program;  // that makes it
  const char* force;    // its option to do so in a file
  const char* package;  // that has the program
  std::uint64_t bytes;  // of a disk for it
  const char* options;  // of any mount of it
  const char* unkind;   // of a mount that is to keep as little as it may
};

class Disk {
 public:
  static constexpr std::size_t block_bytes = 4096;
  using Block = std::shared_ptr<const std::string>;
  // Blocks by number; those that are not there hold zeros.
  using Content = std::map<std::uint64_t, Block>;

  // With an empty file system on it.
  explicit Disk(const FileSystem& made);
  Disk(const FileSystem& holds, const Content& content);
  ~Disk();
  Disk(const Disk&) = delete;

  // Over what is there, until `unmount` or until the namespace ends.
  void mount_at(const std::filesystem::path& folder, const std::string& options);
  // How often the kernel has written to it; moves whenever the content may be another.
  std::string writes() const;
  // Blocks that are as in `before` are the same objects.
  Content content(const Content& before) const;

 private:
  void format();

  const FileSystem& holds_;
  int image_;
  int writes_ = -1;  // the kernel's counters of the device
};

// From here on what this process mounts only it and its children see.
void mount_for_oneself();
void unmount(const std::filesystem::path& folder);

}  // namespace crash
