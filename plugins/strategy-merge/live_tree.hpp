// The data directory of a target. strategy-merge touches files below the data root only through this class. Every path
// is relative to the root. The kernel resolves it below the root, without following a link and without crossing a
// mount, so no path can lead out of the tree. Used by one call at a time.
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
  // Closes the file, and returns errno or 0: a write error may be reported only at the close.
  int close();

 private:
  int fd_;
};

// What stat tells about the content of a file. Equal values mean that it was not written in between. Zero: not known.
struct Identity {
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;
  bool operator==(const Identity&) const = default;
  bool known() const { return inode != 0; }
  // The same bytes in the same inode. The change time is not compared, because a rename or a chmod changes it too.
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
  std::string blob;     // the id in git, if it was asked for
  std::string meaning;  // of a resource.json; for other files the digest
  std::string actor;    // of a resource.json
  Look look;
};

enum class Ids { sha256, and_git };

// May this process make and replace names in a folder?
enum class Access { granted, refused, read_only, immutable };

struct Entry {
  std::string name;
  Kind kind;
};

class LiveTree {
 public:
  explicit LiveTree(std::string root) : root_(std::move(root)) {}
  const std::string& root() const { return root_; }

  Result<Look> look(std::string_view path);
  // The digests of a regular file, and its look when these bytes were read. Fails with not_found when it is absent.
  // `as`: the path that the file is to have, if it is staged.
  Result<Content> read(std::string_view path, std::string_view as = {}, Ids ids = Ids::sha256);
  // The bytes of the file. Fails with not_found when it is absent or longer than the limit.
  Result<std::string> text(std::string_view path, std::uint64_t bytes_max);
  Result<Access> access(std::string_view folder);
  // Did somebody mark the file as immutable or append-only (chattr)? No when it is absent.
  Result<bool> is_immutable(std::string_view path);
  // Sorted by name. An absent folder has no entries.
  Result<std::vector<Entry>> list(std::string_view folder);
  // The free bytes on the file system of the root that this process may use.
  Result<std::uint64_t> free_bytes();

  // Makes a new, empty file for writing, and removes one that is there.
  Result<Fd> create(std::string_view path);
  Result<void> own(const Fd& file, std::string_view path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode);
  Result<void> own(std::string_view path, std::uint32_t uid, std::uint32_t gid, std::uint32_t mode);  // and syncs it
  // Creates the missing folders of the path. Each new one takes owner and mode of the folder above it. It is made at
  // `aside` and moved into its place when it is complete; without `aside` it is made in its place.
  Result<void> make_folders(std::string_view folder, std::string_view aside = {});
  Result<void> make_folder(std::string_view folder, std::uint32_t mode, std::uint32_t uid, std::uint32_t gid,
                           std::string_view aside);
  // Removes a folder if it is empty. True: it was removed.
  Result<bool> remove_folder(std::string_view folder);
  Result<void> remove_file(std::string_view path);
  // Removes the folder with all below it. A link is removed, not followed.
  Result<void> remove_all(std::string_view folder);
  Result<void> chmod(std::string_view path, std::uint32_t mode);
  // Sets the modification time of a file to now; not_found when there is none.
  Result<void> touch(std::string_view path);
  // Swaps two names. Without RENAME_EXCHANGE, `to` is replaced atomically, and its old file is then at `from`.
  Result<void> exchange(std::string_view from, std::string_view to);
  // Never replaces a file: fails with conflict when `to` exists, and with not_found when `from` does not.
  Result<void> move(std::string_view from, std::string_view to);
  Result<void> sync_file(std::string_view path);
  Result<void> sync_folder(std::string_view folder);

 private:
  friend class Looks;
  // The open folder of a path. Not open when the folder does not exist; `number` then says why.
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

// Looks at many paths in sorted order, and opens each folder only once for all its paths. A folder that is moved in the
// meantime is still read, which is good enough for a plan; functions that change the tree resolve each path again.
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
