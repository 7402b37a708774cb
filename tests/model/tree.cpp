// Tree over openat, so that no path is too long for a test that makes long ones.
#include "model/tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace stoker::model {
namespace {

void must(bool done, const std::string& what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

class Folder {
 public:
  explicit Folder(int fd) : fd_(fd) { must(fd >= 0, "open a folder"); }
  ~Folder() { close(fd_); }
  Folder(const Folder&) = delete;
  int fd() const { return fd_; }
  Folder down(const std::string& name) const {
    return Folder(openat(fd_, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }

 private:
  int fd_;
};

std::string bytes_at(int folder, const char* name) {
  const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  must(fd >= 0, name);
  std::string all;
  char chunk[4096];
  for (ssize_t got; (got = read(fd, chunk, sizeof chunk)) > 0;) all.append(chunk, static_cast<std::size_t>(got));
  close(fd);
  return all;
}

void read_into(Tree& tree, const Folder& folder, const std::string& path, const std::string& skipped) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(dup(folder.fd())), &closedir);
  must(stream != nullptr, path);
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name, here = below(path, name);
    if (name == "." || name == ".." || here == skipped) continue;
    struct stat st {};
    must(fstatat(folder.fd(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0, here);
    Node node{Kind::file, "", st.st_mode & 07777, {}};
    if (owners_are_seen()) node.owner = {st.st_uid, st.st_gid};
    if (S_ISDIR(st.st_mode)) {
      node.kind = Kind::folder;
      read_into(tree, folder.down(name), here, skipped);
    } else if (S_ISLNK(st.st_mode)) {
      char aim[PATH_MAX];
      const ssize_t size = readlinkat(folder.fd(), name.c_str(), aim, sizeof aim);
      must(size >= 0, here);
      node = {Kind::link, std::string(aim, static_cast<std::size_t>(size)), 0, {}};
    } else if (S_ISREG(st.st_mode)) {
      node.bytes = bytes_at(folder.fd(), name.c_str());
    } else {
      node.kind = Kind::other;
    }
    tree.emplace(here, std::move(node));
  }
}

Node root_folder() { return {Kind::folder, "", root_mode, owners_are_seen() ? root_owner : Owner()}; }

}  // namespace

bool owners_are_seen() {
  static const bool seen = geteuid() == 0;
  return seen;
}

std::string above(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string name_in(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : name.empty() ? folder : folder + "/" + name;
}

std::vector<std::string> components(const std::string& path) {
  std::vector<std::string> all;
  std::string one;
  for (const char c : path + "/") {
    if (c != '/') one += c;
    if (c == '/' && !one.empty()) all.push_back(std::move(one));
    if (c == '/') one.clear();
  }
  return all;
}

bool inside(const std::string& path, const std::string& folder) {
  return folder.empty() || path == folder || path.compare(0, folder.size() + 1, folder + "/") == 0;
}

Found find(const Tree& tree, const std::string& path) {
  std::string here;
  const auto all = components(path);
  for (std::size_t i = 0; i < all.size(); ++i) {
    here = below(here, all[i]);
    const auto found = tree.find(here);
    if (found == tree.end()) return {};
    if (i + 1 == all.size()) return {Found::there, here, &found->second};
    if (found->second.kind == Kind::link) return {Found::behind_link, here, nullptr};
    if (found->second.kind != Kind::folder) return {Found::blocked, here, nullptr};
  }
  static const Node root = root_folder();
  return {Found::there, "", &root};
}

Node folder_above(const Tree& tree, const std::string& path) {
  for (std::string folder = above(path); !folder.empty(); folder = above(folder))
    if (const auto found = tree.find(folder); found != tree.end() && found->second.kind == Kind::folder)
      return found->second;
  return root_folder();
}

void make_folders(Tree& tree, const std::string& folder) {
  if (folder.empty() || tree.count(folder)) return;
  make_folders(tree, above(folder));
  tree[folder] = folder_above(tree, folder);
}

bool is_empty(const Tree& tree, const std::string& folder) {
  const auto next = tree.lower_bound(folder + "/");
  return next == tree.end() || !inside(next->first, folder);
}

Tree read_tree(const std::filesystem::path& folder, const std::string& skipped) {
  Tree tree;
  read_into(tree, Folder(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), "", skipped);
  return tree;
}

void write_tree(const std::filesystem::path& folder, const Tree& tree) {
  for (const auto& [path, node] : tree) {
    const std::string place = (folder / path).string();
    if (node.kind == Kind::folder) {
      must(mkdir(place.c_str(), 0700) == 0 && chmod(place.c_str(), node.mode) == 0, place);
      give(place, node.owner);
    } else if (node.kind == Kind::link) {
      must(symlink(node.bytes.c_str(), place.c_str()) == 0, place);
    } else if (node.kind == Kind::other) {
      must(mkfifo(place.c_str(), 0600) == 0, place);
      give(place, node.owner);
    } else {
      const int fd = open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      must(fd >= 0 && write(fd, node.bytes.data(), node.bytes.size()) == static_cast<ssize_t>(node.bytes.size()),
           place);
      must(fchmod(fd, node.mode) == 0, place);
      close(fd);
      give(place, node.owner);
    }
  }
}

void give(const std::filesystem::path& place, Owner owner) {
  if (owners_are_seen()) must(chown(place.c_str(), owner.uid, owner.gid) == 0, place.string());
}

std::string shown(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.size() > 120 && i == 40) {
      out += "...(" + std::to_string(text.size()) + " bytes)...";
      i = text.size() - 20;
    }
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= ' ' && byte < 0x7f) {
      out += text[i];
    } else {
      out += "\\x";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  }
  return out;
}

namespace {
std::string line(const std::string& path, const Node& node) {
  char mode[16];
  std::snprintf(mode, sizeof mode, " %04o ", node.mode);
  const std::string owner = std::to_string(node.owner.uid) + ":" + std::to_string(node.owner.gid) + " ";
  return shown(path) + mode + owner +
         (node.kind == Kind::folder  ? "folder"
          : node.kind == Kind::other ? "pipe"
          : node.kind == Kind::link  ? "-> " + shown(node.bytes)
                                     : "'" + shown(node.bytes) + "'");
}
}  // namespace

std::string shown(const Tree& tree) {
  std::string all;
  for (const auto& [path, node] : tree) all += "    " + line(path, node) + "\n";
  return all;
}

std::string difference(const Tree& wanted, const Tree& found) {
  std::string all;
  for (const auto& [path, node] : wanted)
    if (const auto other = found.find(path); other == found.end() || !(other->second == node))
      all += "    expected " + line(path, node) + "\n";
  for (const auto& [path, node] : found)
    if (const auto other = wanted.find(path); other == wanted.end() || !(other->second == node))
      all += "    found    " + line(path, node) + "\n";
  return all;
}

}  // namespace stoker::model
