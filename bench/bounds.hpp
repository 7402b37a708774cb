// What no Run can be faster than, done by hand on the same files. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace bench {

// `git diff-tree -r` of two commits, as a process.
void diff_tree(const std::filesystem::path& repository, const std::string& from, const std::string& to);
// One file written beside, synced, renamed over, and its folder synced.
void write_durably(const std::filesystem::path& folder, const std::string& bytes);

// A look at every file below `folder`; how many.
std::uint64_t stat_walk(const std::filesystem::path& folder);
// SHA-256 of every file below `folder` on this thread; how many bytes.
std::uint64_t hash_walk(const std::filesystem::path& folder);

}  // namespace bench
