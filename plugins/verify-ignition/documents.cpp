// Readers and writers of the plugin's documents.
#include "documents.hpp"

#include <stoker/abi/core.h>
#include <stoker/duration.hpp>

#include <boost/json.hpp>

namespace ignition {
namespace {

namespace js = boost::json;
using stoker::errc;
using stoker::Error;
using stoker::Result;

constexpr std::size_t ticket_bytes_max = STOKER_TICKET_BYTES_MAX - 1024;
constexpr std::size_t detail_bytes_max = STOKER_DOCUMENT_BYTES_MAX - 1024;

const js::value* find(const js::value& document, js::string_view pointer) {
  boost::system::error_code error;
  return document.find_pointer(pointer, error);
}
std::string text(const js::value& document, js::string_view pointer, std::string_view otherwise = {}) {
  const js::value* value = find(document, pointer);
  return std::string(value && value->is_string()
                         ? std::string_view(value->get_string().data(), value->get_string().size())
                         : otherwise);
}
std::set<std::string> strings(const js::value& document, js::string_view pointer) {
  std::set<std::string> all;
  const js::value* list = find(document, pointer);
  if (!list || !list->is_array()) return all;
  for (const js::value& item : list->get_array())
    if (item.is_string()) all.emplace(item.get_string().data(), item.get_string().size());
  return all;
}
State state_of(std::string_view said) {
  for (const State state : {State::down, State::starting, State::commissioning, State::faulted})
    if (said == name(state)) return state;
  return State::running;
}
ScanRecords scans_of(const js::value& document, const std::string& below) {
  ScanRecords records;
  for (const ScanArea area : {ScanArea::projects, ScanArea::config}) {
    const std::string at = below + "/" + std::string(name(area));
    const js::value *last = find(document, at + "/last"), *moves = find(document, at + "/moves");
    if (last && last->is_int64()) records[area] = {last->get_int64(), moves && moves->is_bool() && moves->get_bool()};
  }
  return records;
}
js::object write_scans(const ScanRecords& scans) {
  js::object all;
  for (const auto& [area, record] : scans)
    all[std::string(name(area))] = js::object{{"last", record.last}, {"moves", record.moves}};
  return all;
}
Baseline baseline_of(const js::value& document) {
  return {strings(document, "/bad"), strings(document, "/projects"), strings(document, "/resources")};
}

// As many names as fit into what is left of `bytes`.
js::array fitting(const std::set<std::string>& names, std::size_t& bytes) {
  js::array list;
  for (const std::string& one : names) {
    const std::size_t size = js::serialize(js::string(one)).size() + 1;
    if (size > bytes) break;
    bytes -= size;
    list.emplace_back(one);
  }
  return list;
}
void put(js::object& document, const Baseline& baseline, std::size_t bytes) {
  bytes -= std::min(bytes, js::serialize(document).size() + 64);
  document["bad"] = fitting(baseline.bad, bytes);
  document["resources"] = fitting(baseline.resources, bytes);
  document["projects"] = fitting(baseline.projects, bytes);
}

}  // namespace

std::string_view name(ScanArea area) { return area == ScanArea::projects ? "projects" : "config"; }

Result<Assignment> read_assignment(std::string_view json) {
  boost::system::error_code error;
  const js::value document = js::parse(js::string_view(json.data(), json.size()), error);
  if (error || !document.is_object()) return Error(errc::invalid, "ignition: the assignment is no JSON object");
  Assignment assignment;
  assignment.target = text(document, "/target/name", "gateway");
  assignment.state = state_of(text(document, "/facts/state", "running"));
  const std::string policy = text(document, "/profile/designer", "proceed");
  if (policy == "wait")
    assignment.designer = DesignerPolicy::wait;
  else if (policy == "fail")
    assignment.designer = DesignerPolicy::fail;
  else if (policy != "proceed")
    return Error(errc::invalid, "ignition: profile.designer: '" + policy + "' is none of proceed, wait, fail");
  const js::value* looks = find(document, "/looks");
  assignment.lock_only = looks && looks->is_bool() && !looks->get_bool();
  if (const js::value* mappings = find(document, "/profile/mappings"); mappings && mappings->is_array())
    for (const js::value& mapping : mappings->get_array())
      assignment.destinations.push_back(text(mapping, "/destination"));
  assignment.verify =
      stoker::parse_duration(text(document, "/deadlines/verify", "0")).value_or(std::chrono::milliseconds(0));
  const js::value* baseline = find(document, "/baseline");
  if (baseline && baseline->is_object() && !baseline->get_object().empty())
    assignment.baseline = baseline_of(*baseline);
  assignment.scans = scans_of(document, "/baseline/scan");
  assignment.role = text(document, "/facts/role", "independent");
  return assignment;
}

std::string write(const Facts& facts) {
  js::object document{{"state", std::string(name(facts.state))}};
  if (!facts.role.empty()) document["role"] = facts.role;
  if (facts.active) document["active"] = *facts.active;
  if (!facts.version.empty()) document["version"] = facts.version;
  if (facts.started_ms) document["started"] = std::to_string(*facts.started_ms);
  if (facts.designers) document["designers"] = *facts.designers;
  if (!facts.hold_name.empty()) document["hold"] = js::object{{"name", facts.hold_name}, {"reason", facts.hold_reason}};
  return js::serialize(document);
}

std::string write(const Ticket& ticket) {
  js::array areas;
  for (const ScanArea area : ticket.areas) areas.emplace_back(std::string(name(area)));
  js::object locked;
  for (const auto& [area, timestamp] : ticket.locked) locked[std::string(name(area))] = timestamp;
  // "kinds" is the older word for areas; tickets on disk have it.
  js::object document{{"format", 1},      {"state", std::string(name(ticket.state))}, {"kinds", areas},
                      {"locked", locked}, {"scan", write_scans(ticket.scans)},        {"lastSync", ticket.last_sync}};
  put(document, ticket.baseline, ticket_bytes_max);
  return js::serialize(document);
}

Result<Ticket> read_ticket(std::string_view json) {
  boost::system::error_code error;
  const js::value document = js::parse(js::string_view(json.data(), json.size()), error);
  if (error || !document.is_object()) return Error(errc::invalid, "ignition: the ticket is no JSON object");
  const js::value* format = find(document, "/format");
  if (!format || !format->is_int64() || format->get_int64() != 1)
    return Error(errc::incompatible, "ignition: the ticket is of a newer format");
  Ticket ticket;
  ticket.state = state_of(text(document, "/state"));
  const auto areas = strings(document, "/kinds");
  for (const ScanArea area : {ScanArea::projects, ScanArea::config}) {
    if (areas.contains(std::string(name(area)))) ticket.areas.insert(area);
    const js::value* stamp = find(document, area == ScanArea::projects ? "/locked/projects" : "/locked/config");
    if (stamp && stamp->is_int64()) ticket.locked[area] = stamp->get_int64();
  }
  ticket.scans = scans_of(document, "/scan");
  if (const js::value* sync = find(document, "/lastSync"); sync && sync->is_int64())
    ticket.last_sync = sync->get_int64();
  ticket.baseline = baseline_of(document);
  return ticket;
}

std::string write(const Baseline& now, const ScanRecords& scans) {
  js::object document{{"format", 1}, {"scan", write_scans(scans)}};
  put(document, now, detail_bytes_max);
  return js::serialize(document);
}

}  // namespace ignition
