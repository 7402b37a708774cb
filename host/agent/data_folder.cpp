#include "host/agent/data_folder.hpp"

#include "host/run/target_memory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>

namespace stoker::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t space_min = std::uint64_t{200} << 20;  // bytes; less than that and a Run may be short of it
constexpr std::uint64_t files_min = 10'000;
constexpr std::uint64_t mib = 1 << 20;

Check check(const char* name, Check::Status status, std::string text, std::string remedy = {}) {
  return {name, std::move(text), std::move(remedy), status};
}

std::string owner_text(const struct stat& st) { return std::to_string(st.st_uid) + ":" + std::to_string(st.st_gid); }

bool may_write(const fs::path& folder) { return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0; }

Check check_folder(const fs::path& data, const struct stat& st) {
  const fs::path own = data / state_folder;
  std::error_code unknown;
  const std::string who = "uid " + std::to_string(::geteuid());
  for (const fs::path& folder : {data, own}) {
    if (folder == own && !fs::exists(own, unknown)) continue;
    if (may_write(folder)) continue;
    const std::string why = std::strerror(errno);
    return check(
        "data folder", Check::Status::fail,
        who + " may not write to " + folder.string() + " (" + why + "); the data folder belongs to " + owner_text(st),
        "run Stoker as uid " + std::to_string(st.st_uid) + ", with the volume mounted for writing");
  }
  return check("data folder", Check::Status::ok, data.string() + ", which " + who + " may write to");
}

Check check_owner(const struct stat& st) {
  if (st.st_uid == ::geteuid()) return check("owner", Check::Status::ok, owner_text(st) + ", as this process");
  return check("owner", Check::Status::warn,
               "the folder belongs to " + owner_text(st) + ", and what this process writes to uid " +
                   std::to_string(::geteuid()),
               "run Stoker as uid " + std::to_string(st.st_uid) +
                   "; a gateway may not start when files belong to somebody else");
}

Check check_space(const fs::path& data) {
  struct statvfs of {};
  if (::statvfs(data.c_str(), &of) != 0) return check("space", Check::Status::skipped, std::strerror(errno));
  const std::uint64_t free = std::uint64_t{of.f_bavail} * of.f_frsize;
  const std::string text = std::to_string(free / mib) + " MiB free";
  if (of.f_flag & ST_RDONLY)
    return check("space", Check::Status::fail, "the file system is mounted read-only", "mount it for writing");
  const bool few_files = of.f_files > 0 && of.f_favail < files_min;  // some file systems do not count them
  if (free >= space_min && !few_files) return check("space", Check::Status::ok, text);
  return check("space", Check::Status::warn,
               text + (few_files ? ", room for " + std::to_string(of.f_favail) + " files" : ""),
               "a Run stages its files beside the live ones and is refused when there is no room; make room");
}

// What a rename may not cross. Two bind mounts of one file system have one device and are two mounts.
struct Whereabouts {
  std::uint64_t device = 0, mount = 0;
  bool operator==(const Whereabouts&) const = default;
};

std::optional<Whereabouts> whereabouts(const fs::path& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return std::nullopt;
  Whereabouts found{st.st_dev, 0};
#ifdef STATX_MNT_ID
  struct statx more {};
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_MNT_ID, &more) == 0 && (more.stx_mask & STATX_MNT_ID))
    found.mount = more.stx_mnt_id;
#endif
  return found;
}

Check check_rename(const fs::path& data, const std::vector<std::string>& destinations) {
  const auto home = whereabouts(data);
  std::error_code unknown;
  for (const std::string& destination : destinations) {
    fs::path folder = data / fixed_part(destination);
    while (folder != data && !fs::exists(folder, unknown)) folder = folder.parent_path();
    const auto there = whereabouts(folder);
    if (!there || !home || *there == *home) continue;
    return check("rename", Check::Status::fail,
                 folder.string() + " lies on another mount than " + data.string() + ": no file can be renamed across",
                 "mount the data folder as one volume; Stoker stages in its folder .stoker and renames from there");
  }
  return check("rename", Check::Status::ok, "files can be renamed from .stoker to every destination");
}

Check check_mounts(const fs::path& data) {
  std::error_code unknown;
  std::ifstream file("/proc/self/mountinfo");
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return check("mounts", Check::Status::skipped, "/proc/self/mountinfo cannot be read");
  const auto below = mounts_below(fs::canonical(data, unknown), text.str());
  if (below.empty()) return check("mounts", Check::Status::ok, "nothing is mounted below the data folder");
  std::string points;
  for (const fs::path& point : below) points += (points.empty() ? "" : ", ") + point.string();
  return check("mounts", Check::Status::warn, "mounted below the data folder: " + points,
               "no mapping may deliver into these: a Run that would is refused");
}

Check check_user(const fs::path& data) {
  auto owner = owner_of(data);
  if (!owner) return check("opened by", Check::Status::skipped, owner.error().message);
  return check("opened by", Check::Status::ok, *owner ? "a process that runs: " + **owner : "no process now");
}

// "\040" is a blank in mountinfo.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 3 < text.size();
    plain +=
        escape ? static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')) : text[i];
    if (escape) i += 3;
  }
  return plain;
}

}  // namespace

std::vector<fs::path> mounts_below(const fs::path& folder, std::string_view mountinfo) {
  constexpr int field_of_point = 4;
  std::vector<fs::path> found;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string field;
    for (int i = 0; i <= field_of_point; ++i) fields >> field;
    const fs::path point = unescaped(field);
    const std::string inside = point.lexically_relative(folder).generic_string();
    if (!inside.empty() && inside != "." && !inside.starts_with("..")) found.push_back(point);
  }
  return found;
}

fs::path fixed_part(const std::string& destination) {
  const std::size_t placeholder = destination.find("{{");
  if (placeholder == destination.npos) return fs::path(destination);
  return fs::path(destination.substr(0, placeholder)).parent_path();
}

Result<void> check_usable(const fs::path& data) {
  constexpr const char* remedy = "set data of the target to the data folder of its gateway, and mount it there";
  struct stat st {};
  const std::string folder = "data folder " + data.string();
  if (::stat(data.c_str(), &st) != 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    const std::string why = missing ? " is not there" : std::string(" cannot be looked at: ") + std::strerror(errno);
    return Error(errc::not_found, folder + why + "; " + remedy, "target.data-missing").with_retry(true);
  }
  if (!S_ISDIR(st.st_mode))
    return Error(errc::invalid, folder + " is no folder; " + remedy, "target.data-no-folder").with_retry(true);
  const Check may = check_folder(data, st);
  if (may.status == Check::Status::ok) return {};
  return Error(errc::denied, may.text + "; " + may.remedy, "target.data-read-only").with_retry(true);
}

std::vector<Check> check_data_folder(const fs::path& data, const std::vector<std::string>& destinations) {
  struct stat st {};
  if (::stat(data.c_str(), &st) != 0)
    return {check("data folder", Check::Status::fail, data.string() + ": " + std::strerror(errno),
                  "set data of the target to the data folder of its gateway, and mount it there")};
  if (!S_ISDIR(st.st_mode))
    return {check("data folder", Check::Status::fail, data.string() + " is no folder",
                  "set data of the target to the data folder of its gateway")};
  return {check_folder(data, st),           check_owner(st), check_space(data), check_mounts(data),
          check_rename(data, destinations), check_user(data)};
}

}  // namespace stoker::host
