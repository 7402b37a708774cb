// See pair.hpp. Files are compared by their meaning, so a stamp that the backup wrote is no difference.
#include "support/ignition_sim/pair.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace ignition_sim {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr int pulls_max = 5;
constexpr std::string_view config_root = "config/resources/";

bool is_replicated(std::string_view path) {
  if (path.starts_with("projects/")) return true;
  if (!path.starts_with(config_root)) return false;
  const auto collection = path.substr(config_root.size(), path.find('/', config_root.size()) - config_root.size());
  return collection != "external" && collection != "local" && collection != "system";
}

Tree replicated(const fs::path& data) {
  Tree tree;
  for (const auto* area : {"projects", "config/resources"})
    for (auto& [path, bytes] : read_tree(data, area))
      if (is_replicated(path)) tree.emplace(path, std::move(bytes));
  return tree;
}

bool has_tags_in_a_mode(const fs::path& data) {
  std::error_code gone;
  for (const auto& collection : fs::directory_iterator(data / "config/resources", gone)) {
    const auto name = collection.path().filename().string();
    if (name == "core" || !is_replicated(std::string(config_root) + name + '/')) continue;
    for (const auto* tags : {"tag-definition", "tag-type-definition"})
      if (fs::is_directory(collection.path() / "ignition" / tags, gone)) return true;
  }
  return false;
}

std::string actor_of(const std::string& descriptor) {
  boost::system::error_code failed;
  const auto value = json::parse(descriptor, failed);
  const auto* actor = failed ? nullptr : value.find_pointer("/attributes/lastModification/actor", failed);
  return actor && actor->is_string() ? std::string(actor->get_string()) : std::string("external");
}

std::int64_t now_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// A backup writes each resource.json of config that it receives anew, under the actor that stands in it, or under
// `external` when its signature is stale.
std::string restamped(const Resource& resource) {
  const auto stored = stored_signature(resource.text);
  const auto computed = resource_signature(resource.text, resource.files, SignatureForm::v8_3);
  const bool stale = !stored || !computed || *stored != *computed;
  const auto text = stamped(resource.text, resource.files, SignatureForm::v8_3,
                            stale ? "external" : actor_of(resource.text), stamp_time(now_ms()));
  return text ? *text : resource.text;
}

void copy(const fs::path& to, const Tree& wanted, const View& present) {
  Tree sent;
  for (const auto& [path, digest] : view_of(wanted)) {
    const auto known = present.find(path);
    if (known == present.end() || known->second != digest) sent.emplace(path, wanted.at(path));
  }
  for (const auto& resource : resources_of(wanted)) {
    const auto is_sent = [&](const auto& file) { return sent.contains(resource.folder + '/' + file.first); };
    if (!resource.descriptor.starts_with(config_root)) continue;
    if (sent.contains(resource.descriptor) || std::ranges::any_of(resource.files, is_sent))
      sent[resource.descriptor] = restamped(resource);
  }
  for (const auto& [path, bytes] : sent) write_file(to / path, bytes, to / ".ignition-sim-sync");
  for (const auto& [path, digest] : present)
    if (!wanted.contains(path)) fs::remove(to / path);
}

}  // namespace

Pair::Pair(Gateway& master, Gateway& backup, std::chrono::milliseconds delay)
    : master_(master), backup_(backup), delay_(delay) {
  master_.set_redundancy({.role = "Master", .activity = "Active", .last_sync = now_ms()});
  backup_.set_redundancy({.role = "Backup", .activity = "Cold", .last_sync = now_ms()});
  master_.on_resync([this] { resync(); });
  thread_ = std::jthread([this](std::stop_token stopped) { run(stopped); });
}

Pair::~Pair() {
  master_.on_resync({});
  thread_.request_stop();
  thread_.join();
}

void Pair::failover() {
  auto master = master_.redundancy(), backup = backup_.redundancy();
  std::swap(master.activity, backup.activity);
  master_.set_redundancy(master);
  backup_.set_redundancy(backup);
  const std::scoped_lock held(mutex_);
  due_ = true;
}

void Pair::resync() { resync_asked_ = true; }

bool Pair::gave_up() {
  const std::scoped_lock held(mutex_);
  return failed_pulls_ >= pulls_max;
}

bool Pair::wait_until_settled(std::chrono::milliseconds timeout) {
  std::unique_lock held(mutex_);
  return wake_.wait_for(
      held, timeout, [this] { return !resync_asked_ && (failed_pulls_ >= pulls_max || (!due_ && scans_ == scans())); });
}

std::size_t Pair::scans() { return master_.scans().size() + backup_.scans().size(); }

void Pair::run(std::stop_token stopped) {
  std::unique_lock held(mutex_);
  while (!stopped.stop_requested()) {
    wake_.wait_for(held, stopped, delay_, [] { return false; });
    if (stopped.stop_requested()) return;
    look();
    wake_.notify_all();
  }
}

void Pair::look() {
  if (resync_asked_.exchange(false)) {
    failed_pulls_ = 0;
    due_ = true;
  }
  if (master_.state() != State::running || backup_.state() != State::running) return;
  const auto count = scans();
  if (count != scans_) due_ = true;
  scans_ = count;
  const auto records = backup_.scans();
  const auto starts = static_cast<std::size_t>(std::ranges::count(records, std::string("start"), &ScanRecord::actor));
  if (std::exchange(starts_, starts) != starts && failed_pulls_ >= pulls_max) {  // it forgets what it said
    auto told = backup_.redundancy();
    told.project_state = "Good";
    backup_.set_redundancy(told);
  }
  const bool master_active = master_.redundancy().activity == "Active";
  const bool backup_active = backup_.redundancy().activity == "Active";
  if (!due_ || failed_pulls_ >= pulls_max || master_active == backup_active) return;
  Gateway& from = master_active ? master_ : backup_;
  Gateway& to = master_active ? backup_ : master_;
  for (const auto kind : {Kind::projects, Kind::config})
    if (from.scanning(kind) || to.scanning(kind)) return;
  if (has_tags_in_a_mode(from.data())) return fail_pull(to);
  pull(from, to);
}

void Pair::pull(Gateway& from, Gateway& to) {
  const Tree wanted = replicated(from.data());
  const View present = view_of(replicated(to.data()));
  due_ = false;
  auto told = to.redundancy();
  const bool differs = present != view_of(wanted);
  if (differs) {
    copy(to.data(), wanted, present);
    to.reload();
    told.last_sync = std::max(now_ms(), told.last_sync + 1);
  }
  if (failed_pulls_ > 0 || differs || told.sync_pending || told.project_state != "Good") {
    told.sync_pending = false;
    told.project_state = "Good";
    to.set_redundancy(told);
  }
  failed_pulls_ = 0;
  scans_ = scans();
}

void Pair::fail_pull(Gateway& to) {
  auto told = to.redundancy();
  told.sync_pending = ++failed_pulls_ < pulls_max;
  if (failed_pulls_ >= pulls_max) {
    told.project_state = "SyncError";
    due_ = false;
  }
  to.set_redundancy(told);
}

}  // namespace ignition_sim
