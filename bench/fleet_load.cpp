#include "fleet_load.hpp"

#include "figures.hpp"
#include "program.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <iostream>
#include <stdexcept>
#include <thread>

namespace bench {

namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds look_every{250}, patience{600'000};
constexpr double quiet_ms = 4;  // of processor time within look_every
constexpr int quiet_looks = 3;  // one after the other; what is written later waits less
constexpr int gets_of_one = 101, gets_of_all = 21;

// Processor time of this process, of all threads.
double cpu_ms() {
  struct rusage used {};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
  };
  return ms(used.ru_utime) + ms(used.ru_stime);
}

double mib(const char* name) { return static_cast<double>(status_kib(::getpid(), name)) / 1024; }

void until(const char* what, const std::function<bool()>& seen) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!seen()) {
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error(std::string("not seen: ") + what);
    std::this_thread::sleep_for(look_every);
  }
}

// Until nothing works any more. Answers the processor time of this process then.
double rest() {
  double before = cpu_ms();
  for (int quiet = 0; quiet < quiet_looks;) {
    std::this_thread::sleep_for(look_every);
    const double now = cpu_ms();
    quiet = now - before < quiet_ms ? quiet + 1 : 0;
    before = now;
  }
  return before;
}

json::array numbers(const Samples& samples) { return json::array(samples.all().begin(), samples.all().end()); }

// What one thing costs: processor time until all is at rest again, listings, writes.
struct Cost {
  Samples cpu;
  std::uint64_t listings = 0, writes = 0;
  json::object document() const { return {{"cpuMs", numbers(cpu)}, {"listings", listings}, {"writes", writes}}; }
};

Cost cost_of(Fleet& fleet, int rounds, const std::function<void(int)>& thing) {
  Cost cost;
  for (int round = 0; round < rounds; ++round) {
    const std::uint64_t version = fleet.version(), listings = fleet.listings();
    const double before = rest();
    thing(round);
    cost.cpu.add(rest() - before);
    cost.listings = std::max(cost.listings, fleet.listings() - listings);
    cost.writes = std::max(cost.writes, fleet.version() - version);
  }
  return cost;
}

json::object times_of_start(Fleet& fleet) {
  const Stopwatch adding;
  fleet.add_syncs();
  const double added_ms = adding.ms(), cpu_before = cpu_ms();
  const Stopwatch starting;
  fleet.start();
  until("all assigned", [&] { return fleet.is_assigned(); });
  const double assigned_ms = starting.ms();
  until("all synced", [&] { return fleet.is_synced(); });
  const double synced_ms = starting.ms();
  return {{"addedMs", added_ms},          {"assignedMs", assigned_ms},    {"syncedMs", synced_ms},
          {"cpuMs", rest() - cpu_before}, {"listings", fleet.listings()}, {"writes", fleet.version()}};
}

json::object times_of_push(Fleet& fleet) {
  const std::uint64_t listings = fleet.listings(), version = fleet.version();
  const double before = rest();
  fleet.push();
  const Stopwatch watch;
  fleet.look(true);
  until("the push is assigned", [&] { return fleet.is_assigned(); });
  const double assigned_ms = watch.ms();
  until("the push is synced", [&] { return fleet.is_synced(); });
  const double synced_ms = watch.ms();
  return {{"assignedMs", assigned_ms},
          {"syncedMs", synced_ms},
          {"cpuMs", rest() - before},
          {"listings", fleet.listings() - listings},
          {"writes", fleet.version() - version}};
}

json::array times_of_get(const Fleet& fleet, const std::vector<std::string>& what, int rounds) {
  Arguments command{STOKER_PROGRAM, "get", "--socket", fleet.socket().string()};
  command.insert(command.end(), what.begin(), what.end());
  Samples times;
  for (int round = 0; round < rounds; ++round) times.add(run_to_end(command).wall_ms);
  return numbers(times);
}

}  // namespace

void load_fleet(const FleetWork& work) {
  Fleet fleet(work.room, work.size);
  json::object all;
  const auto say = [](const char* what) { std::cerr << "  fleet: " << what << "\n"; };
  say("start");
  all["start"] = times_of_start(fleet);
  const auto memory = [] { return json::object{{"anonMib", mib("RssAnon")}, {"fileMib", mib("RssFile")}}; };
  all["memory"] = memory();
  const double before = rest();
  say("idle");
  std::this_thread::sleep_for(work.idle);
  all["idle"] = json::object{{"cpuMs", cpu_ms() - before}, {"seconds", work.idle.count()}};
  say("looks");
  all["look"] = cost_of(fleet, work.rounds, [&](int) { fleet.look(false); }).document();
  say("changes");
  const auto change = [&](int round) { fleet.pause(work.size.syncs / 2, round % 2 == 0); };
  all["change"] = cost_of(fleet, 2 * work.rounds, change).document();
  say("a push");
  all["push"] = times_of_push(fleet);
  say("commands");
  const std::string middle = Fleet::sync_name(work.size.syncs / 2);
  all["getOne"] = times_of_get(fleet, {"gs/" + middle}, gets_of_one);
  all["getSyncs"] = times_of_get(fleet, {"gs"}, gets_of_all);
  all["getTargets"] = times_of_get(fleet, {"st"}, gets_of_all);
  all["memoryAtEnd"] = memory();
  all["peakMib"] = mib("VmHWM");
  all["databaseBytes"] = fleet.database_bytes();
  std::cout << json::serialize(all) << "\n";
}

}  // namespace bench
