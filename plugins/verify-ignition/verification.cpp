#include "verification.hpp"

#include "facts.hpp"

#include <algorithm>

namespace ignition {

using std::chrono::milliseconds;
using stoker::Call;
using stoker::Decision;
using stoker::errc;
using stoker::Error;
using stoker::Result;

namespace {

constexpr milliseconds unconfirmed_again{30000};
constexpr std::size_t bad_before_max = 20;
constexpr int unmoved_max = 3;  // in a row; then the timestamp of this area is not believed any more
// A new connection may need some seconds; a line of the log comes up to 1.5 s after the scan's end.
constexpr milliseconds recovery_wait{5000}, recovery_pause{1000}, log_wait{2500}, log_pause{500};
constexpr milliseconds backup_wait{10000}, backup_pause{500};

}  // namespace

bool Verification::key_worked() const {
  return ticket_ && !ticket_->locked.empty() && plan_.areas.contains(ScanArea::config);
}

Result<std::vector<Decision>> Verification::run(Call& call) {
  auto state = ask_state(call, parts_.gateway);
  if (!state) return std::move(state).error();
  if (*state == State::faulted) return std::vector{Decision::unhealthy("gateway", "the gateway is faulted")};
  if (*state != State::running) return not_there(*state);
  if (auto ours = look_at_locks(call); !ours) return std::move(ours).error();
  auto hold = scan_all(call);
  if (!hold) return std::move(hold).error();
  if (*hold) return std::vector{**std::move(hold)};
  auto worse = judge_loaded(call);
  if (!worse || !worse->empty()) return worse;
  if (stranger_) return std::vector{*stranger_};
  if (auto waited = wait_for_backup(call); !waited) return std::move(waited).error();
  return std::vector{Decision::healthy()};
}

// ---------------------------------------------------------------- the lock

// A lock of somebody else means that its holder is in the middle of a change.
Result<void> Verification::look_at_locks(Call& call) {
  const Ticket none, &ticket = ticket_ ? *ticket_ : none;
  for (const ScanArea area : plan_.areas) {
    auto holder = parts_.scan.holder(call, area);
    if (!holder) return std::move(holder).error();
    const bool ours = *holder && parts_.locks.are_ours(**holder, area, ticket);
    if (ticket.locked.contains(area)) {
      auto now = parts_.scan.status(call, area);
      if (!now) return std::move(now).error();
      note_torn_lock(ticket, area, *now, *holder);
    }
    if (*holder && !ours)
      return Error(errc::conflict,
                   "ignition: the scan lock of " + std::string(name(area)) + " is held by " + (*holder)->actor,
                   "ignition.scan-locked");
  }
  return {};
}

// Nobody else should scan from the lock to our own scan. A lock that this process took again says nothing of before.
void Verification::note_torn_lock(const Ticket& ticket, ScanArea area, const ScanStatus& now,
                                  const std::optional<ScanLock>& holder) {
  const bool held = holder && holder->timestamp == ticket.locked.at(area);
  if (holder && !held && parts_.locks.took(*holder, area, ticket)) return;
  const auto then = ticket.scans.find(area);
  const bool scanned = now.active || (then != ticket.scans.end() && then->second.last != now.last);
  if (held && !scanned) return;
  const std::string lock = "the scan lock of " + std::string(name(area));
  const std::string torn =
      "the gateway may have loaded files of two revisions for a moment. Stoker's own scan followed";
  std::string text = lock + " ran out before Stoker's own scan; a longer holdTimeout prevents that";
  if (held) text = "a scan ran although Stoker held " + lock + ": " + torn;
  if (!held && scanned) text = lock + " was gone before Stoker's own scan: somebody else asked for one, and " + torn;
  notes_.push_back({"lock-lost", "", std::move(text)});
}

// ---------------------------------------------------------------- the scan

Result<std::optional<Decision>> Verification::scan_all(Call& call) {
  for (const ScanArea area : plan_.areas) {
    const auto known = assignment_.scans.find(area);
    const bool learnt = known != assignment_.scans.end() && known->second.moves;
    // Whether a scan that finds nothing new moves the timestamp is not known of any gateway.
    const bool moves = !plan_.empty && (area == ScanArea::config || learnt) && parts_.unmoved[area] < unmoved_max;
    auto end = parts_.scan.run(call, area, moves, parts_.times);
    if (!end) return std::move(end).error();
    scans_[area] = {end->status.last, end->seen == ScanEnd::Seen::moved || (learnt && plan_.empty)};
    if (end->seen == ScanEnd::Seen::moved) parts_.unmoved[area] = 0;
    if (end->seen == ScanEnd::Seen::moved && area == ScanArea::config)
      log_from_ms_ = end->status.last - end->status.duration - 1000;
    const std::string which = "the timestamp of the scan of " + std::string(name(area)) + " did not move";
    if (end->seen == ScanEnd::Seen::idle)
      notes_.push_back({"scan-unconfirmed", "", which + "; what the gateway shows was read back instead"});
    if (end->seen == ScanEnd::Seen::unmoved) {
      ++parts_.unmoved[area];
      Decision hold = Decision::hold("scan-unconfirmed",
                                     which +
                                         ", although a scan of this kind moves it: nobody knows "
                                         "whether the gateway has loaded the files",
                                     parts_.clock.wall_ms() + unconfirmed_again.count());
      hold.ended_by = "the gateway scans again";
      return std::optional(std::move(hold));
    }
  }
  for (const auto& [area, record] : assignment_.scans) scans_.try_emplace(area, record);
  return std::optional<Decision>();
}

// ---------------------------------------------------------------- what it loaded

Result<std::vector<Decision>> Verification::judge_loaded(Call& call) {
  std::optional<Baseline> baseline = assignment_.baseline;
  if (ticket_ && !cannot_be_asked(ticket_->state)) baseline = ticket_->baseline;
  const std::set<std::string> known = baseline ? baseline->resources : std::set<std::string>();
  auto seen = read_back(call, parts_.gateway, plan_, known, parts_.disk);
  if (!seen) return std::move(seen).error();
  auto worse = judge(*seen, plan_, baseline, parts_.disk);
  const auto is_sick = [](const Decision& bad) { return bad.name.starts_with("resource:"); };
  // What was just loaded may still be connecting.
  for (milliseconds waited{0}; waited < recovery_wait; waited += recovery_pause) {
    if (std::none_of(worse.begin(), worse.end(), is_sick)) break;
    if (auto slept = parts_.clock.sleep(call, recovery_pause); !slept) return std::move(slept).error();
    seen = read_back(call, parts_.gateway, plan_, known, parts_.disk);
    if (!seen) return std::move(seen).error();
    worse = judge(*seen, plan_, baseline, parts_.disk);
  }
  if (auto added = add_unloaded(call, baseline, worse); !added) return std::move(added).error();
  note_bad_before(*seen, baseline);
  for (const Decision& bad : worse) seen->now.bad.insert(bad.name);
  if (baseline)  // what was not asked for now is as it was
    for (const std::string& resource : seen->unread)
      if (baseline->resources.contains(resource)) seen->now.resources.insert(resource);
  notes_.insert(notes_.end(), seen->notes.begin(), seen->notes.end());
  detail_ = write(seen->now, scans_);
  return worse;
}

// What is bad as it was before is no fault of this change, but nobody should take it for verified without a word.
void Verification::note_bad_before(const Seen& seen, const std::optional<Baseline>& baseline) {
  if (!baseline || baseline->bad.empty()) return;
  Baseline innocent = *baseline;
  innocent.bad.clear();
  std::size_t unlisted = 0, said = 0;
  for (const Decision& bad : judge(seen, plan_, innocent, parts_.disk)) {
    if (!baseline->bad.contains(bad.name)) continue;
    const std::string project = bad.name.starts_with("project:") ? bad.name.substr(8) : std::string();
    if (plan_.projects_delivered.contains(project) && !seen.now.projects.contains(project)) ++unlisted;
    if (++said <= bad_before_max) notes_.push_back({"bad-before", "", bad.reason + ", as before this change"});
  }
  if (unlisted == 0 || unlisted < plan_.projects_delivered.size()) return;
  stranger_ =
      Decision::hold("blocked",
                     "the gateway lists none of the projects that were delivered, and did not before: its URL and "
                     "the data folder may be of two gateways, or no project in the revision is valid");
  stranger_->ended_by = "gateway.url or data is corrected, or the gateway lists one of the projects";
}

// The gateway lists such a resource, so only its log tells. The line comes a little later than the end of the scan.
Result<void> Verification::add_unloaded(Call& call, const std::optional<Baseline>& baseline,
                                        std::vector<Decision>& worse) {
  const bool any = std::any_of(plan_.resources.begin(), plan_.resources.end(),
                               [](const auto& entry) { return is_named(entry.first); });
  if (!any || !log_from_ms_) return {};
  std::map<std::string, std::string> unloaded;
  for (milliseconds waited{0}; unloaded.empty() && waited < log_wait; waited += log_pause) {
    if (auto slept = parts_.clock.sleep(call, log_pause); !slept) return slept;
    auto found = find_unloaded(call, parts_.gateway, plan_, *log_from_ms_);
    if (!found) return std::move(found).error();
    unloaded = *std::move(found);
  }
  for (const auto& [resource, line] : unloaded)
    if (const std::string bad = "resource:" + resource; !baseline || !baseline->bad.contains(bad))
      worse.push_back(Decision::unhealthy(bad, "the gateway did not load it: " + line));
  return {};
}

// The master is right and stays as it is; that its backup lags is for people to know.
Result<void> Verification::wait_for_backup(Call& call) {
  if (assignment_.role != "master" || !ticket_ || ticket_->last_sync == 0 || plan_.empty) return {};
  for (milliseconds waited{0};; waited += backup_pause) {
    auto json = parts_.gateway.get(call, "/data/api/v1/redundancy");
    if (!json) return std::move(json).error();
    auto pair = redundancy(*json);
    if (!pair) return std::move(pair).error();
    if (pair->last_sync != ticket_->last_sync) return {};
    if (waited >= backup_wait) break;
    if (auto slept = parts_.clock.sleep(call, backup_pause); !slept) return slept;
  }
  notes_.push_back({"backup-unsynced", "",
                    "the backup has not pulled the change within 10 s; look at the redundancy page of the master"});
  return {};
}

}  // namespace ignition
