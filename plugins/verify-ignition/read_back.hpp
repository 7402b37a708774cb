// What the gateway shows after a scan, and the judgement of it: not worse than before. `read_back` and `find_unloaded`
// ask; `judge` is pure but for the look at what lies on disk.
#pragma once

#include "footprint.hpp"
#include "gateway_client.hpp"
#include "on_disk.hpp"

namespace ignition {

struct Seen {
  Baseline now;                     // what is bad and what is there
  std::set<std::string> unread;     // resources that were not asked for, because there are too many
  std::vector<stoker::Note> notes;  // what was delivered and is hidden by a copy of another collection
};
// `already`: resources to look at beside those of the plan. At most 200 are looked at.
stoker::Result<Seen> read_back(stoker::Call& call, const GatewayClient& gateway, const Footprint& plan,
                               const std::set<std::string>& already, const OnDisk& disk);

// Resources of the plan that the gateway lists and has not loaded, as its log says; resource → the line. The log of
// `from_ms` and later is read, by the gateway's clock.
stoker::Result<std::map<std::string, std::string>> find_unloaded(stoker::Call& call, const GatewayClient& gateway,
                                                                 const Footprint& plan, std::int64_t from_ms);

// What is bad now and was not, as far as the baseline knows it or the plan has delivered it. Without a baseline: only
// what the plan has delivered. So the verdict on a tree is the same whether the Runs before were verified or not.
std::vector<stoker::Decision> judge(const Seen& seen, const Footprint& plan, const std::optional<Baseline>& baseline,
                                    const OnDisk& disk);

}  // namespace ignition
