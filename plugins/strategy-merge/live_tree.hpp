// The data directory of a target: the one seam through which strategy-merge touches files below the data root. Every
// path is relative to the root and resolved by the kernel beneath it, without following a link and without crossing a
// mount. Used by one call at a time.
#pragma once

#include <stoker/result.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoker::merge {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  // Closes, and says when that failed: a write error may come only then. Returns errno or 0.
  int close();

 private:
  int fd_;
};

// What stat says of a file's content: equal means not written since. Zero: not known.
struct Identity {
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const Identity&) const = default;
  bool known() const { return inode != 0; }
  // The same bytes in the same inode, after a rename or a chmod may have touched the change time.
  bool same_content(const Identity& other) const {
    return known() && inode == other.inode && bytes == other.bytes && modified_ns == other.modified_ns;
  }
};

enum class Kind { absent, file, folder, link, other };

struct Look {
  Kind kind = Kind::absent;
  bool blocked = false;  // absent because a folder of the path is a file
  Identity identity;
  std::uint32_t mode = 0, uid = 0, gid = 0;
  bool executable() const { return (mode & 0100) != 0; }
};

struct Content {
  std::string digest;   // SHA-256
  std::string blob;     // git's id, if it was asked for
  std::string meaning;  // of a resource.json; else the digest
  std::string actor;    // of a resource.json
  Look look;
};

enum class Ids { sha256, and_git };

struct Entry {
  std::string name;
  Kind kind;
};

class LiveTree {
 public:
  explicit LiveTree(std::string root) : root_(std::move(root)) {}
  const std::string& root() const { return root_; }

  Result<Look> look(std::string_view path);
  // A regular file's digests; its look is of the bytes that were read. Absent: not_found. `as`: the path that it lies
  // aside for.
  Result<Content> read(std::string_view path, std::string_view as = {}, Ids ids = Ids::sha256);
  // The bytes, at most so many; longer or absent: not_found.
  Result<std::string> text(std::string_view path, std::uint64_t bytes_max);
  // Sorted by name. An absent folder has no entries.
  Result<std::vector<Entry>> list(std::string_view folder);
  // Bytes free for us on the file system of the root.
  Result<std::uint64_t> free_bytes();

  // A new, empty file for writing; what is there goes first.
  Result<Fd> create(std::string_view path);
  Result<void> own(const Fd& file, std::string_view path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode);
  Result<void> own(std::string_view path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode);  // and syncs it
  // Creates what is missing of the folder; each new one takes owner and mode of the one above it. It is made at `aside`
  // and moved into its place when it is as it will be; without such a name it is made where it will be.
  Result<void> make_folders(std::string_view folder, std::string_view aside = {});
  Result<void> make_folder(std::string_view folder, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid,
                           std::string_view aside);
  // An emptied folder; answers whether it went.
  Result<bool> remove_folder(std::string_view folder);
  Result<void> remove_file(std::string_view path);
  // The folder with all below it; a link is removed, not followed.
  Result<void> remove_all(std::string_view folder);
  Result<void> chmod(std::string_view path, std::uint32_t mode);
  // Swaps two names. Without RENAME_EXCHANGE: `to` is replaced at once and what it was ends at `from`.
  Result<void> exchange(std::string_view from, std::string_view to);
  // Never replaces: conflict when `to` is there, not_found when `from` is not.
  Result<void> move(std::string_view from, std::string_view to);
  Result<void> sync_file(std::string_view path);
  Result<void> sync_folder(std::string_view folder);

 private:
  friend class Looks;
  // The folder of a path, to look into; nothing is open where it is not there, and `number` says why.
  struct Parent {
    Fd folder;
    int number = 0;
  };
  Result<Parent> parent_of(std::string_view path);
  Result<Look> look(const Parent& parent, std::string_view path);
  Result<Fd> open(std::string_view path, int flags);
  Result<int> root_fd();
  std::string root_;
  Fd root_fd_;
};

// Looks at many paths, in their order: a folder is opened once for all that is asked of it in a row. It is looked into
// as it was when it was opened, which will do for a plan; what changes the tree resolves each path anew.
class Looks {
 public:
  explicit Looks(LiveTree& live) : live_(live) {}
  Result<Look> at(std::string_view path);

 private:
  LiveTree& live_;
  std::string folder_;
  std::optional<LiveTree::Parent> parent_;
};

// The error for an errno: "<what> <path>: <why>".
Error failed(int number, std::string_view what, std::string_view path);

}  // namespace stoker::merge
