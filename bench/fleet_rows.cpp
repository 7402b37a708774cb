#include "fleet_rows.hpp"

#include "asked.hpp"

#include <boost/json.hpp>

#include <cmath>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr double mebibyte = 1 << 20;

std::string whole(double number) { return std::to_string(std::lround(number)); }
std::string tenths(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

// One fleet and what was measured of it.
struct Measured {
  FleetSize size;
  std::string file_system;
  json::value result;

  std::size_t targets() const { return size.syncs * size.targets_of_sync; }
  double at(std::string_view pointer) const { return real(result, pointer); }
  Row row(std::string id, std::string what, std::string unit = "ms") const {
    Row made;
    made.id = std::move(id);
    made.what = std::move(what) + ", " + std::to_string(size.syncs) + " Syncs, " + std::to_string(size.repositories) +
                (size.repositories == 1 ? " repository" : " repositories");
    made.files = targets();
    made.file_system = file_system;
    made.unit = std::move(unit);
    return made;
  }
  Row of_one(std::string id, std::string what, std::string_view pointer) const {
    Row made = row(std::move(id), std::move(what));
    made.samples.add(at(pointer));
    return made;
  }
  Row of_samples(std::string id, std::string what, std::string_view pointer) const {
    Row made = row(std::move(id), std::move(what));
    made.samples = samples(result, pointer);
    return made;
  }
  std::string counts(const std::string& part) const {
    return whole(at(part + "/listings")) + " listings, " + whole(at(part + "/writes")) + " writes";
  }
};

void add_memory(std::vector<Row>& rows, const Measured& fleet) {
  Row memory = fleet.row("B11", "RSS when all are synced", "MiB");
  memory.samples.add(fleet.at("/memory/anonMib") + fleet.at("/memory/fileMib"));
  memory.target = 96;
  memory.rss_peak_mib = fleet.at("/peakMib");
  memory.note = "of it anonymous: " + tenths(fleet.at("/memory/anonMib")) + " MiB, at the end " +
                tenths(fleet.at("/memoryAtEnd/anonMib")) + "; database " +
                tenths(fleet.at("/databaseBytes") / mebibyte) + " MiB";
  rows.push_back(std::move(memory));
}

void add_processor(std::vector<Row>& rows, const Measured& fleet) {
  Row look = fleet.of_samples("B11", "processor time of a look at all that changes nothing", "/look/cpuMs");
  look.target = 2.0 * static_cast<double>(fleet.size.syncs);
  look.reference = "128 MiB limit, caches all pods and Secrets";
  look.note = "in each: " + fleet.counts("/look");
  rows.push_back(std::move(look));
  Row change = fleet.of_samples("B11", "processor time of a change of one Sync", "/change/cpuMs");
  change.note = "pause and resume; at most " + fleet.counts("/change");
  rows.push_back(std::move(change));
  Row idle = fleet.of_one("B11", "processor time of " + whole(fleet.at("/idle/seconds")) + " s idle", "/idle/cpuMs");
  rows.push_back(std::move(idle));
}

void add_times(std::vector<Row>& rows, const Measured& fleet) {
  Row start = fleet.of_one("B11", "start to all synced, nothing assigned before", "/start/syncedMs");
  start.note = "all assigned after " + whole(fleet.at("/start/assignedMs")) + " ms; processor time " +
               whole(fleet.at("/start/cpuMs")) + " ms; " + fleet.counts("/start");
  rows.push_back(std::move(start));
  Row push = fleet.of_one("B12", "one push to each repository: look to all assigned", "/push/assignedMs");
  push.target = 5000;
  push.reference = "1,000 listings";
  push.note = "all synced after " + whole(fleet.at("/push/syncedMs")) + " ms; processor time " +
              whole(fleet.at("/push/cpuMs")) + " ms; " + fleet.counts("/push");
  rows.push_back(std::move(push));
}

void add_commands(std::vector<Row>& rows, const Measured& fleet) {
  rows.push_back(fleet.of_samples("B11", "`stoker get gs/NAME`", "/getOne"));
  rows.push_back(fleet.of_samples("B11", "`stoker get gs`", "/getSyncs"));
  rows.push_back(fleet.of_samples("B11", "`stoker get st`", "/getTargets"));
}

Measured measure(const fs::path& room, FleetSize size) {
  fs::create_directories(room);
  Measured fleet{size, file_system_of(room), {}};
  fleet.result = work({fs::read_symlink("/proc/self/exe").string(), "fleet", "--room", room.string(), "--syncs",
                       std::to_string(size.syncs), "--targets-of-sync", std::to_string(size.targets_of_sync),
                       "--repositories", std::to_string(size.repositories)});
  fs::remove_all(room);
  return fleet;
}

}  // namespace

std::vector<Row> fleet_rows(const fs::path& room, bool quick) {
  std::vector<Row> rows;
  const Measured small = measure(room, {10, 10, 1});
  add_memory(rows, small);
  add_processor(rows, small);
  if (quick) return rows;
  for (const FleetSize size : {FleetSize{1000, 1, 1}, FleetSize{1000, 10, 1}, FleetSize{1000, 10, 50}}) {
    const Measured fleet = measure(room, size);
    add_memory(rows, fleet);
    add_processor(rows, fleet);
    add_times(rows, fleet);
    if (fleet.targets() == 10'000 && size.repositories == 1) add_commands(rows, fleet);
  }
  return rows;
}

}  // namespace bench
