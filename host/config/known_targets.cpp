#include "host/config/known_targets.hpp"

#include "host/base/file.hpp"
#include "host/base/json_fields.hpp"

#include <boost/json.hpp>

#include <fcntl.h>
#include <sys/file.h>

#include <sstream>

namespace stoker::host {

namespace json = boost::json;

namespace {

constexpr std::size_t bytes_max = 64 << 20, config_bytes_max = 4 << 20;

std::filesystem::path file_in(const std::filesystem::path& state) { return state / "targets.json"; }

json::object to_object(const KnownTarget& target) {
  json::object strategy{
      {"module", target.strategy.name}, {"plugin", target.strategy.plugin}, {"settings", target.strategy.settings}};
  if (target.strategy.library) strategy["library"] = target.strategy.library->string();
  return {{"name", target.name}, {"sync", target.sync}, {"data", target.data.string()}, {"strategy", strategy}};
}

KnownTarget from_fields(const JsonFields& from) {
  KnownTarget target;
  target.name = from.text("name");
  target.sync = from.text("sync");
  target.data = from.text("data");
  const JsonFields strategy = from.object("strategy");
  target.strategy.name = strategy.text("module");
  target.strategy.plugin = strategy.text("plugin", target.strategy.name);
  target.strategy.settings = strategy.text("settings", "{}");
  if (strategy.has("library")) target.strategy.library = strategy.text("library");
  return target;
}

std::string to_json(const std::vector<KnownTarget>& targets) {
  json::array all;
  for (const KnownTarget& target : targets) all.push_back(to_object(target));
  return json::serialize(json::object{{"format", 1}, {"targets", std::move(all)}}) + "\n";
}

// Held while the list is read and replaced; the kernel gives it back when it is closed.
Result<Descriptor> lock_list(const std::filesystem::path& state) {
  const std::filesystem::path file = state / "targets.lock";
  Descriptor lock(uninterrupted([&] { return ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!lock.is_open()) return file_error(file, "open");
  if (uninterrupted([&] { return ::flock(lock.get(), LOCK_EX); }) != 0) return file_error(file, "lock");
  return lock;
}

// The text of a scalar as YAML writes it on one line: without quotes and without a comment.
std::string scalar_of(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  text.remove_prefix(first);
  const char quote = text.front();
  if (quote == '"' || quote == '\'') return std::string(text.substr(1, text.find(quote, 1) - 1));
  text = text.substr(0, text.find(" #"));
  return std::string(text.substr(0, text.find_last_not_of(" \t\r") + 1));
}

}  // namespace

Result<std::vector<KnownTarget>> read_known_targets(const std::filesystem::path& state) {
  const std::filesystem::path file = file_in(state);
  auto text = read_file(file, bytes_max);
  if (!text && text.error() == errc::not_found) return std::vector<KnownTarget>();
  if (!text) return std::move(text).error();
  JsonDocument document(*text);
  const JsonFields fields = document.fields();
  if (fields.number("format", 1) > 1)
    return Error(errc::incompatible, file.string() + ": a newer stoker has written this file; use that one",
                 "state.newer");
  std::vector<KnownTarget> targets;
  for (const JsonFields& each : fields.objects("targets")) targets.push_back(from_fields(each));
  if (document.fault().found())
    return Error(errc::invalid,
                 file.string() + ": " + document.fault().text() +
                     "; move it away, it is made again for the targets of the configuration",
                 "state.damaged");
  return targets;
}

Result<void> change_known_targets(const std::filesystem::path& state,
                                  const std::function<void(std::vector<KnownTarget>&)>& change) {
  const std::filesystem::path file = file_in(state);
  std::error_code failed;
  std::filesystem::create_directories(state, failed);
  if (failed) return Error(errc::denied, "state folder " + state.string() + ": " + failed.message(), "host.state");
  const auto lock = lock_list(state);
  if (!lock) return lock.error();
  auto read = read_known_targets(state);
  if (!read) return std::move(read).error();
  std::vector<KnownTarget> targets = std::move(read).value();
  const std::string before = to_json(targets);
  change(targets);
  const std::string text = to_json(targets);
  if (text == before) return {};
  if (targets.size() > known_targets_max || text.size() > bytes_max)
    return Error(errc::exhausted, file.string() + ": too many targets have been used with this state folder",
                 "state.too-many");
  return replace_file(file, text);
}

std::optional<std::filesystem::path> state_folder_in(const std::filesystem::path& config_file) {
  auto text = read_file(config_file, config_bytes_max, Links::follow);
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("state:")) continue;
    const std::filesystem::path folder(scalar_of(std::string_view(line).substr(6)));
    if (folder.is_absolute()) return folder.lexically_normal();
  }
  return std::nullopt;
}

}  // namespace stoker::host
