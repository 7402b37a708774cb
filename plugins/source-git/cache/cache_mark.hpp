// The mark is the file that makes a cache folder valid. It names the folder and its repository, and the size and time
// of each file when the last fetch was complete. Without a mark that fits, a folder is not used.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace stoker::git {

struct CacheMark {
  struct Stamp {
    std::uint64_t bytes = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::string url, folder;  // folder: its name; it lies beside the mark
  std::map<std::string, Stamp> files;

  std::uint64_t bytes() const;
  std::size_t packs() const;
};

// The mark for the folder as it is now. No value when it cannot be read, or has something other than files and folders.
std::optional<CacheMark> look_at(const std::filesystem::path& home, std::string url, std::string folder);

// No value unless the mark is complete and of this format.
std::optional<CacheMark> read_mark(const std::filesystem::path& file);

// Replaces the file atomically and syncs it. False: it could not be written.
bool write_mark(const std::filesystem::path& file, const CacheMark& mark);

// Are all files that the mark names unchanged? With `strict`, there must also be no other file.
bool fits(const CacheMark& mark, const std::filesystem::path& home, bool strict);

}  // namespace stoker::git
