#include "host/notices/notice_folder.hpp"

#include "host/base/json_fields.hpp"
#include "host/base/utf8.hpp"

#include <stoker/abi/core.h>

#include <fcntl.h>

#include <algorithm>

namespace stoker::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t reason_bytes_max = 1024, tries_bytes_max = 16384;
constexpr const char *report_ending = ".json", *tries_ending = ".tries", *unfinished_ending = ".new";
constexpr std::chrono::minutes unfinished_max{5};

// Keys of the notices in the folder, oldest first.
Result<std::vector<std::string>> keys_in(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, std::string>> found;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().extension() != report_ending) continue;
    std::error_code gone;
    found.emplace_back(at->last_write_time(gone), at->path().stem().string());
  }
  if (failed) return Error(errc::denied, folder.string() + ": " + failed.message(), "notices.folder");
  std::sort(found.begin(), found.end());
  std::vector<std::string> keys;
  for (auto& [time, key] : found) keys.push_back(std::move(key));
  return keys;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error(errc::denied, folder.string() + ": " + failed.message(), "notices.folder");
  return {};
}

// A process that ended between two steps may have left tries without their notice, or a file that was not written to
// its end. Another process may be writing one at this moment, so a young file stays.
void remove_strays(const fs::path& folder) {
  const auto old = fs::file_time_type::clock::now() - unfinished_max;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code gone;
    const fs::path file = at->path();
    const bool alone =
        file.extension() == tries_ending && !fs::exists(fs::path(file).replace_extension(report_ending), gone);
    const bool unfinished = file.extension() == unfinished_ending && at->last_write_time(gone) < old;
    if (alone || unfinished) fs::remove(file, gone);
  }
}

void remove_both(const fs::path& folder, const std::string& key) {
  std::error_code gone;
  fs::remove(folder / (key + report_ending), gone);
  fs::remove(folder / (key + tries_ending), gone);
}

}  // namespace

std::string to_json(const Tries& tries) {
  return boost::json::serialize(
      boost::json::object{{"format", 1},
                          {"failed", tries.failed},
                          {"inCall", tries.in_call},
                          {"deaths", tries.deaths},
                          {"firstAt", tries.first_ms},
                          {"nextAt", tries.next_ms},
                          {"reason", std::string(beginning(tries.reason, reason_bytes_max))}});
}

Tries tries_from_json(std::string_view text) {
  JsonDocument document(text);
  const JsonFields fields = document.fields();
  Tries tries;
  tries.failed = static_cast<unsigned>(std::min<std::uint64_t>(fields.count("failed"), 1'000'000));
  tries.in_call = fields.flag("inCall");
  tries.deaths = static_cast<unsigned>(std::min<std::uint64_t>(fields.count("deaths"), 1'000'000));
  tries.first_ms = fields.number("firstAt");
  tries.next_ms = fields.number("nextAt");
  tries.reason = fields.text("reason");
  const bool readable = fields.number("format") == 1 && !document.fault().found();
  return readable ? tries : Tries();
}

// The kernel gives the lock back when the process ends, however it ends.
Result<bool> NoticeFolder::take_ownership() {
  const std::lock_guard one_at_a_time(mutex_);
  if (owned_) return true;
  const fs::path file = path_ / "lock";
  Descriptor lock(uninterrupted([&] { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644); }));
  if (!lock.is_open()) return file_error(file, "open");
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  const bool locked = ::fcntl(lock.get(), F_OFD_SETLK, &whole) == 0;
  const bool by_other = !locked && (errno == EAGAIN || errno == EACCES);
  owned_ = !by_other;  // a file system without locks is taken as it is: a receiver can recognise a repeat by its key
  if (owned_) lock_ = std::move(lock);
  return owned_;
}

Result<FolderContent> NoticeFolder::open() {
  if (auto made = make_folder(path_); !made) return std::move(made).error();
  auto owned = take_ownership();
  if (!owned) return std::move(owned).error();
  FolderContent content;
  content.owned = *owned;
  if (!content.owned) return content;
  remove_strays(path_);
  auto keys = keys_in(path_);
  if (!keys) return std::move(keys).error();
  for (std::string& key : *keys) {
    StoredNotice& notice = content.waiting.emplace_back();
    if (const auto text = read_file(path_ / (key + tries_ending), tries_bytes_max); text)
      notice.tries = tries_from_json(*text);
    notice.key = std::move(key);
  }
  if (const auto parked = keys_in(path_ / "parked"); parked) content.parked = parked->size();
  return content;
}

Result<std::vector<std::string>> NoticeFolder::beyond(std::size_t kept_max) const {
  auto keys = keys_in(path_);
  if (keys) keys->resize(keys->size() > kept_max ? keys->size() - kept_max : 0);
  return keys;
}

Result<void> NoticeFolder::write(const std::string& key, std::string_view report) const {
  return replace_file(path_ / (key + report_ending), report);
}

Result<std::string> NoticeFolder::read(const std::string& key) const {
  return read_file(path_ / (key + report_ending), STOKER_DOCUMENT_BYTES_MAX);
}

Result<void> NoticeFolder::write_tries(const std::string& key, const Tries& tries) const {
  return replace_file(path_ / (key + tries_ending), to_json(tries));
}

// A file that cannot be removed is sent once more after the next start, under the same key.
void NoticeFolder::remove(const std::string& key) const { remove_both(path_, key); }

Result<ParkedCount> NoticeFolder::park(const std::string& key, const Tries& tries) const {
  const fs::path parked = path_ / "parked";
  if (auto made = make_folder(parked); !made) return std::move(made).error();
  // The tries are for people who look why. Without them the notice is moved all the same.
  const auto written = replace_file(parked / (key + tries_ending), to_json(tries));
  (void)written;
  std::error_code failed;
  fs::rename(path_ / (key + report_ending), parked / (key + report_ending), failed);
  if (failed) return Error(errc::denied, (parked / key).string() + ": " + failed.message(), "notices.folder");
  // Which was parked first is known by this time.
  fs::last_write_time(parked / (key + report_ending), fs::file_time_type::clock::now(), failed);
  remove_both(path_, key);
  auto keys = keys_in(parked);
  if (!keys) return std::move(keys).error();
  ParkedCount count;
  count.removed = keys->size() > parked_max ? keys->size() - parked_max : 0;
  count.kept = keys->size() - count.removed;
  for (std::size_t i = 0; i < count.removed; ++i) remove_both(parked, (*keys)[i]);
  return count;
}

}  // namespace stoker::host
