#include "cache_mark.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace stoker::git {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view first_line = "stoker-git-cache 1";
constexpr std::string_view last_line = "end";
constexpr std::uintmax_t mark_bytes_max = 256u << 20;

std::optional<CacheMark::Stamp> stamp(const fs::path& file) {
  struct stat is {};
  if (::lstat(file.c_str(), &is) != 0 || !S_ISREG(is.st_mode)) return std::nullopt;
  return CacheMark::Stamp{static_cast<std::uint64_t>(is.st_size),
                          is.st_mtim.tv_sec * 1000000000LL + is.st_mtim.tv_nsec};
}

bool is_folder_name(std::string_view name) {
  return name.starts_with("build-") && name.find('/') == std::string_view::npos && name.size() < 128;
}

// "file <bytes> <ns> <path>"
bool read_file_line(std::string_view line, CacheMark& mark) {
  CacheMark::Stamp stamp;
  const char* const end = line.data() + line.size();
  const auto bytes = std::from_chars(line.data(), end, stamp.bytes);
  if (bytes.ec != std::errc() || bytes.ptr == end || *bytes.ptr != ' ') return false;
  const auto changed = std::from_chars(bytes.ptr + 1, end, stamp.changed_ns);
  if (changed.ec != std::errc() || changed.ptr == end || *changed.ptr != ' ') return false;
  return mark.files.emplace(std::string(changed.ptr + 1, end), stamp).second;
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(file, text.data(), text.size());
    if (done <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

std::uint64_t CacheMark::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, stamp] : files) sum += stamp.bytes;
  return sum;
}

std::size_t CacheMark::packs() const {
  std::size_t count = 0;
  for (const auto& [path, stamp] : files) count += path.ends_with(".pack") ? 1 : 0;
  return count;
}

std::optional<CacheMark> look_at(const fs::path& home, std::string url, std::string folder) {
  CacheMark mark{std::move(url), std::move(folder), {}};
  const fs::path root = home / mark.folder;
  std::error_code bad;
  for (fs::recursive_directory_iterator at(root, bad), end; !bad && at != end; at.increment(bad)) {
    if (at->symlink_status(bad).type() == fs::file_type::directory) continue;
    const auto now = stamp(at->path());
    if (!now) return std::nullopt;
    mark.files.emplace(at->path().lexically_relative(root).string(), *now);
  }
  if (bad) return std::nullopt;
  return mark;
}

std::optional<CacheMark> read_mark(const fs::path& file) {
  std::error_code bad;
  if (fs::symlink_status(file, bad).type() != fs::file_type::regular || fs::file_size(file, bad) > mark_bytes_max ||
      bad)
    return std::nullopt;
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line) || line != first_line) return std::nullopt;
  CacheMark mark;
  while (std::getline(in, line)) {
    const std::string_view text = line;
    if (text == last_line) return is_folder_name(mark.folder) ? std::optional(std::move(mark)) : std::nullopt;
    if (text.starts_with("url "))
      mark.url = text.substr(4);
    else if (text.starts_with("folder "))
      mark.folder = text.substr(7);
    else if (!text.starts_with("file ") || !read_file_line(text.substr(5), mark))
      return std::nullopt;
  }
  return std::nullopt;
}

bool write_mark(const fs::path& file, const CacheMark& mark) {
  std::ostringstream text;
  text << first_line << "\nurl " << mark.url << "\nfolder " << mark.folder << '\n';
  for (const auto& [path, stamp] : mark.files) {
    if (path.find('\n') != std::string::npos) return false;
    text << "file " << stamp.bytes << ' ' << stamp.changed_ns << ' ' << path << '\n';
  }
  text << last_line << '\n';
  const fs::path beside = file.string() + ".new";
  std::error_code bad;
  fs::remove_all(beside, bad);
  const int out = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (out < 0) return false;
  const bool written = write_all(out, text.str()) && ::fsync(out) == 0;
  ::close(out);
  if (fs::symlink_status(file, bad).type() == fs::file_type::directory) fs::remove_all(file, bad);
  if (!written || ::rename(beside.c_str(), file.c_str()) != 0) return false;
  sync_folder(file.parent_path());
  return true;
}

bool fits(const CacheMark& mark, const fs::path& home, bool strict) {
  if (strict) {
    const auto now = look_at(home, mark.url, mark.folder);
    return now && now->files == mark.files;
  }
  for (const auto& [path, was] : mark.files)
    if (stamp(home / mark.folder / path) != was) return false;
  return true;
}

}  // namespace stoker::git
