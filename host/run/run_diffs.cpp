#include "host/run/run_diffs.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace stoker::host {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds write_deadline{30};
constexpr std::size_t entries_max = 1000;  // that are looked at, of a folder that somebody else has filled

// A part of a path that a caller names.
bool is_run_id(const std::string& run) {
  return !run.empty() && run.size() <= 64 && run.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == run.npos;
}

// All but the newest. One that cannot be removed is tried again after the next Run.
void prune(const fs::path& folder) {
  std::vector<std::pair<fs::file_time_type, fs::path>> all;
  std::error_code bad;
  for (fs::directory_iterator at(folder, bad), end; !bad && at != end && all.size() < entries_max; at.increment(bad)) {
    std::error_code gone;
    const auto time = fs::last_write_time(at->path(), gone);
    if (!gone) all.emplace_back(time, at->path());
  }
  if (all.size() <= run_diffs_kept) return;
  std::sort(all.begin(), all.end());
  for (std::size_t i = 0; i + run_diffs_kept < all.size(); ++i) fs::remove(all[i].second, bad);
}

}  // namespace

Result<void> write_run_diff(const fs::path& folder, const RunDiff& diff) {
  const fs::path diffs = folder / "diffs";
  if (!is_run_id(diff.id)) return Error(errc::invalid, "a Run has the id '" + diff.id + "'", "file.failed");
  if (::mkdir(diffs.c_str(), 0700) != 0 && errno != EEXIST) return file_error(diffs, "mkdir");
  auto written = replace_file(diffs / (diff.id + ".json"), to_json(diff));
  if (written) prune(diffs);
  return written;
}

Result<std::string> read_run_diff(const fs::path& folder, const std::string& run) {
  const Error none(errc::not_found,
                   "no changes are kept of a Run " + run + "; the last " + std::to_string(run_diffs_kept) +
                       " Runs that changed files have them",
                   "diff.not-found");
  if (!is_run_id(run)) return none;
  auto text = read_file(folder / "diffs" / (run + ".json"), run_diff_bytes_max);
  if (!text && text.error() == errc::not_found) return none;
  return text;
}

std::optional<RunDiffPath> run_diff_path(std::string_view path) {
  constexpr std::string_view before = "/stoker/v1/targets/", between = "/diffs/";
  if (!path.starts_with(before)) return std::nullopt;
  path.remove_prefix(before.size());
  const std::size_t at = path.find(between);
  if (at == path.npos || at == 0) return std::nullopt;
  const std::string_view target = path.substr(0, at), run = path.substr(at + between.size());
  if (target.find('/') != target.npos || run.empty() || run.find('/') != run.npos) return std::nullopt;
  return RunDiffPath{std::string(target), std::string(run)};
}

Async<void> keep_run_diff(Target& target, const RunDiff& diff) {
  auto body = [folder = target.memory.folder(), diff](const CallState&) -> Result<int> {
    auto written = write_run_diff(folder, diff);
    if (!written) return std::move(written).error();
    return 0;
  };
  const CallLimits limits(write_deadline);
  std::string what = target.name + ": what a Run changed";
  auto came = co_await target.workers.call<int>(std::move(what), limits, std::move(body));
  if (!came) co_return std::move(came).error();
  co_return Result<void>();
}

}  // namespace stoker::host
