#include "host/values/briefing.hpp"

#include "host/values/document_parts.hpp"

namespace stoker::host {

namespace json = boost::json;

namespace {

json::object document_of(const Facts& facts) {
  json::object object{
      {"state", name(facts.state)}, {"role", name(facts.role)}, {"version", facts.version}, {"started", facts.started}};
  if (facts.active) object.emplace("active", *facts.active);
  if (facts.hold) object.emplace("hold", document_of(*facts.hold));
  return object;
}

}  // namespace

// The fields keep the order that they always had: a plugin may read the text in its own way.
std::string document_of(const Briefing& briefing) {
  const Assignment& a = briefing.assignment;
  json::object whole = heading_of(a);
  whole.emplace("look", briefing.scan_all ? "all" : "changes");
  whole.emplace("repair", briefing.repair);
  whole.emplace("inputs", briefing.inputs());
  whole.emplace("vars", a.vars_digest());
  add_rules(whole, a);
  whole.emplace("facts", document_of(briefing.facts));
  whole.emplace("looks", !briefing.lock_only);
  boost::system::error_code unreadable;
  json::value baseline = briefing.baseline.empty() ? json::value() : json::parse(briefing.baseline, unreadable);
  if (!briefing.baseline.empty() && !unreadable) whole.emplace("baseline", std::move(baseline));
  return json::serialize(whole);
}

}  // namespace stoker::host
