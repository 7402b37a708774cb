// States and scans; see machine.hpp. What writes the data directory is in machine_writes.cpp.
#include "support/ignition_sim/machine.hpp"

#include <algorithm>

namespace ignition_sim {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::down: return "down";
    case State::starting: return "starting";
    case State::commissioning: return "commissioning";
    case State::running: return "running";
    case State::faulted: return "faulted";
  }
  return "";
}

std::optional<State> state_named(std::string_view text) {
  for (const auto state : {State::down, State::starting, State::commissioning, State::running, State::faulted})
    if (name(state) == text) return state;
  return std::nullopt;
}

std::string_view name(Kind kind) { return kind == Kind::projects ? "projects" : "config"; }

std::optional<Kind> kind_named(std::string_view text) {
  if (text == "projects") return Kind::projects;
  if (text == "config") return Kind::config;
  return std::nullopt;
}

std::string_view area(Kind kind) { return kind == Kind::projects ? "projects" : "config/resources"; }

void Health::look(std::int64_t now) {
  if (!recovery || healthy) return;
  healthy = ++looks >= recovery->looks && now - time >= recovery->time.count();
}

void Health::scanned(std::int64_t now) {
  if (!recovery) return;
  healthy = false;
  time = now;
  looks = 0;
}

Machine::Machine(boost::asio::io_context& loop, Options options, std::function<void(bool)> listen)
    : options_(std::move(options)),
      listen_(std::move(listen)),
      habits_(options_.habits),
      timer_(loop),
      automatic_(loop),
      late_log_(loop),
      projects_part_(make_part(loop, Kind::projects)),
      config_part_(make_part(loop, Kind::config)) {}

Machine::Part Machine::make_part(boost::asio::io_context& loop, Kind kind) {
  const auto clock = [this] { return now(); };
  const auto end = [this, kind] { settled(kind); };
  return Part{Scan(
                  loop, kind, options_.data, Scan::Pace{scaled(options_.scan_delay), scaled(options_.scan)}, habits_,
                  [this, kind](const Tree& tree, const std::string& actor) { load(kind, tree, actor); }, clock, end),
              ScanLock(
                  loop, options_.lock_stamp, [this, kind] { return scanning(kind) && !habits_.lock_during_scan; }, end),
              {},
              {}};
}

milliseconds Machine::scaled(milliseconds time) const {
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(time.count()) * options_.scale));
}

std::int64_t Machine::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch() + clock_offset;
  return std::chrono::duration_cast<milliseconds>(since).count();
}

std::int64_t Machine::uptime() const {
  if (redundancy.activity == "Cold") return -1;
  const auto time = std::chrono::steady_clock::now() - process_began_;
  return std::max<std::int64_t>(1, std::chrono::duration_cast<milliseconds>(time).count());
}

std::string Machine::name() const {
  const auto* properties = collections_.find("ignition/system-properties", "");
  const auto named = properties ? properties->text("systemName") : std::string();
  return named.empty() ? options_.name : named;
}

// --- States ---

void Machine::begin() {
  if (options_.state == State::down) return go_down();
  set_state(options_.state);
}

void Machine::end() {
  timer_.cancel();
  automatic_.expires_at(std::chrono::steady_clock::time_point::max());
  late_log_.cancel();
  late_lines_.clear();
  for (const auto kind : {Kind::projects, Kind::config}) {
    part(kind).scan.drop();
    part(kind).lock.drop();
  }
}

void Machine::set_state(State state) {
  switch (state) {
    case State::down: return go_down();
    case State::starting: return start_in(scaled(options_.start));
    case State::commissioning:
      listen_(true);
      timer_.cancel();
      state_ = State::commissioning;
      return changed();
    case State::running:
      if (state_ == State::commissioning) end_commissioning();
      return run();
    case State::faulted:
      listen_(true);
      timer_.cancel();
      fault_ = "set from outside";
      state_ = State::faulted;
      return changed();
  }
}

// The wizard leaves the factory's permissions in core.
void Machine::end_commissioning() {
  const auto properties = options_.data / "config/resources/core/ignition/security-properties/config.json";
  if (!options_.commissioning_resets && fs::exists(properties)) return;
  write_security_properties(options_.data, factory_permissions());
}

void Machine::restart() { start_in(scaled(options_.restart)); }

void Machine::start_in(milliseconds time) {
  end();
  fault_.clear();
  process_began_ = std::chrono::steady_clock::now();
  state_ = State::starting;
  listen_(true);
  timer_.expires_after(time);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) come_up();
  });
  changed();
}

void Machine::come_up() {
  if (!options_.commissioning || has_run_) return run();
  state_ = State::commissioning;
  changed();
}

void Machine::run() {
  end();
  if (state_ == State::down) process_began_ = std::chrono::steady_clock::now();
  listen_(true);
  if (auto refused = start_fault(options_.data, options_.uid)) {
    fault_ = std::move(*refused);
    note({{now(), "Gateway", "ERROR", "start refused: " + fault_}});
    state_ = State::faulted;
    return changed();
  }
  fault_.clear();
  told_unloaded_.clear();
  part(Kind::config).scan.read_at_once("start");
  part(Kind::projects).scan.read_at_once("start");
  has_run_ = true;
  state_ = State::running;
  scan_by_itself();
  changed();
}

void Machine::go_down() {
  end();
  listen_(false);
  state_ = State::down;
  changed();
}

void Machine::when(std::function<bool()> holds, std::function<void()> then) {
  if (holds()) return then();
  waits_.emplace_back(std::move(holds), std::move(then));
}

void Machine::changed() {
  auto waits = std::exchange(waits_, {});
  for (auto& [holds, then] : waits) when(std::move(holds), std::move(then));
}

void Machine::note(std::vector<LogLine> lines) {
  for (auto& line : lines) {
    line.timestamp = now();
    keep(log, std::move(line));
  }
}

// --- Scans ---

void Machine::request_scan(Kind kind, const std::string& actor) {
  part(kind).scan.request(actor);
  part(kind).lock.release();
}

void Machine::reload() {
  for (const auto kind : {Kind::config, Kind::projects}) load(kind, read_tree(options_.data, area(kind)), "sync");
}

void Machine::set_habits(const Habits& habits) {
  habits_ = habits;
  if (state_ == State::running) scan_by_itself();
}

// Nobody asked for such a scan, so it ends no lock. A timer that is cancelled when its time is over already calls its
// handler all the same; the new time tells it so.
void Machine::scan_by_itself() {
  automatic_.expires_at(std::chrono::steady_clock::time_point::max());
  if (habits_.scan_every.count() == 0) return;
  automatic_.expires_after(habits_.scan_every);
  automatic_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled || automatic_.expiry() > std::chrono::steady_clock::now()) return;
    auto& projects = part(Kind::projects);
    const bool refrains = habits_.automatic_respects_lock && projects.lock.held();
    if (!refrains && !projects.scan.busy()) projects.scan.request("automatic");
    scan_by_itself();
  });
}

void Machine::load(Kind kind, const Tree& read, const std::string& actor) {
  const bool by_mtime = habits_.detection == Detection::mtime;
  const Tree seen = by_mtime ? part(kind).detection.seen(options_.data, read) : Tree();
  const Tree& tree = by_mtime ? seen : read;
  if (kind == Kind::projects)
    load_projects(tree);
  else
    load_config(tree);
  const auto& loaded = part(kind);
  keep(scans, ScanRecord{kind, actor, loaded.scan.status().last_timestamp, loaded_digest(loaded.view)});
}

void Machine::load_projects(const Tree& tree) {
  std::vector<LogLine> lines;
  projects_ = projects_of(tree, lines);
  Tree valid;
  for (const auto& [path, bytes] : tree) {
    const auto begin = area(Kind::projects).size() + 1;
    const auto project = projects_.find(path.substr(begin, path.find('/', begin) - begin));
    if (project != projects_.end() && !project->second.invalid_parent) valid.emplace_hint(valid.end(), path, bytes);
  }
  const auto resources = resources_of(valid);
  for (const auto& resource : resources)
    if (!resource.fault.empty())
      lines.push_back({0, "ProjectManager", "ERROR", "resource " + resource.folder + ": " + resource.fault});
  part(Kind::projects).view = view_of(valid);
  note(std::move(lines));
  stamp_projects(resources);
  keep_contents(Kind::projects, resources);
}

void Machine::load_config(const Tree& tree) {
  std::vector<LogLine> lines;
  collections_ = Collections(tree, options_.mode, lines);
  access_ = Access(collections_);
  for (auto& [resource, state] : health) state.scanned(now());
  Tree seen;
  for (const auto& [path, bytes] : tree) {
    const auto begin = area(Kind::config).size() + 1;
    if (collections_.loads(path.substr(begin, path.find('/', begin) - begin)))
      seen.emplace_hint(seen.end(), path, bytes);
  }
  part(Kind::config).view = view_of(seen);
  for (const auto* resource : collections_.unloaded()) {
    auto& view = part(Kind::config).view;
    view.erase(resource->resource.descriptor);
    for (const auto& [file, bytes] : resource->resource.files) view.erase(resource->resource.folder + '/' + file);
  }
  note(std::move(lines));
  tell_unloaded();
  keep_contents(Kind::config, resources_of(seen));
}

// Such a line carries the time of the scan and is readable a while after its end. It comes once.
void Machine::tell_unloaded() {
  std::vector<LogLine> lines;
  for (const auto* resource : collections_.unloaded()) {
    if (!is_told_unloaded(*resource)) continue;
    if (!told_unloaded_.insert(resource->resource.folder + '\n' + resource->resource.text).second) continue;
    lines.push_back({now(), "ConfigManager", "WARN",
                     "Resource " + resource->type + '/' + resource->name + " of collection " + resource->collection +
                         " has no uuid and will not be loaded"});
  }
  if (!lines.empty()) tell_later(std::move(lines));
}

void Machine::tell_later(std::vector<LogLine> lines) {
  late_lines_.insert(late_lines_.end(), lines.begin(), lines.end());
  late_log_.expires_after(scaled(options_.log_delay));
  late_log_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled) return;
    for (auto& line : std::exchange(late_lines_, {})) keep(log, std::move(line));
  });
}

View Machine::loaded() const {
  View view = part(Kind::config).view;
  view.insert(part(Kind::projects).view.begin(), part(Kind::projects).view.end());
  return view;
}

// The lock ended or the last scan did: whoever waited for that gets his turn.
void Machine::settled(Kind kind) {
  part(kind).lock.scan_ended();
  const auto saves = std::exchange(waiting_saves_, {});
  for (const auto& waiting : saves) save(waiting);
  changed();
}

}  // namespace ignition_sim
