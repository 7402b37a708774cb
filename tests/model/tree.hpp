// A tree of files as a value: every file, folder, link and pipe below one folder, by its path. Read from disk, written
// to disk, compared and printed. Of the model tests; one thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace stoker::model {

enum class Kind { file, folder, link, other };

struct Owner {
  unsigned uid = 0, gid = 0;
  bool operator==(const Owner&) const = default;
};

struct Node {
  Kind kind = Kind::file;
  std::string bytes;  // of a link its aim
  unsigned mode = 0644;
  Owner owner;  // not of a link; nobody's where owners are not seen
  bool operator==(const Node&) const = default;
};
using Tree = std::map<std::string, Node>;

constexpr unsigned root_mode = 0755;
constexpr Owner root_owner{2003, 2004};

// Only root gives files away: else all are the process's own, and there is nothing to compare.
bool owners_are_seen();

// The folder of a path; "" is the root.
std::string above(const std::string& path);
std::string name_in(const std::string& path);
std::string below(const std::string& folder, const std::string& name);
std::vector<std::string> components(const std::string& path);
// Is `path` the folder or something in it? Everything is in the root.
bool inside(const std::string& path, const std::string& folder);

// What is found where a path leads, no link followed.
struct Found {
  enum What { absent, blocked, behind_link, there } what = absent;
  std::string at;              // blocked, behind_link: what is in the way
  const Node* node = nullptr;  // there
  bool is(Kind kind) const { return what == there && node->kind == kind; }
};
Found find(const Tree& tree, const std::string& path);
// The nearest folder above a path.
Node folder_above(const Tree& tree, const std::string& path);
// Puts folders where the path has none, like the nearest that is there.
void make_folders(Tree& tree, const std::string& folder);
bool is_empty(const Tree& tree, const std::string& folder);

// All below the folder but `skipped`. Paths are as long as they are: it goes down folder by folder.
Tree read_tree(const std::filesystem::path& folder, const std::string& skipped = "");
void write_tree(const std::filesystem::path& folder, const Tree& tree);
void give(const std::filesystem::path& place, Owner owner);

// Bytes that are not printable ASCII as \xNN; what is very long is cut in the middle.
std::string shown(const std::string& text);
std::string shown(const Tree& tree);
// What is in one and not the same in the other, a line each.
std::string difference(const Tree& wanted, const Tree& found);

}  // namespace stoker::model
