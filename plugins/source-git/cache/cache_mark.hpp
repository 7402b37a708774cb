// The file that makes a cache folder valid: which folder it is, of which repository, and the size and time of each of
// its files when a fetch was complete. Without it, or when it does not fit, the folder is not a cache.
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
  std::string url, folder;  // folder: its name beside the mark
  std::map<std::string, Stamp> files;

  std::uint64_t bytes() const;
  std::size_t packs() const;
};

// The mark of what is in the folder now. Nothing if it cannot be looked at, or has something other than files and
// folders.
std::optional<CacheMark> look_at(const std::filesystem::path& home, std::string url, std::string folder);

// Nothing unless it is whole and of this format.
std::optional<CacheMark> read_mark(const std::filesystem::path& file);

// Replaces the file at once, synced. False: it could not be written.
bool write_mark(const std::filesystem::path& file, const CacheMark& mark);

// Is everything that the mark names unchanged? With `strict` there must be nothing else either.
bool fits(const CacheMark& mark, const std::filesystem::path& home, bool strict);

}  // namespace stoker::git
