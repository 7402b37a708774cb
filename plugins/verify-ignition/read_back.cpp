// Projects by their list, touched resources one by one, what was not loaded by the log.
#include "read_back.hpp"

namespace ignition {

using stoker::Decision;
using stoker::errc;
using stoker::Result;

namespace {

constexpr std::size_t resources_max = 200;

std::string bad_project(const std::string& project) { return "project:" + project; }
std::string bad_resource(const std::string& resource) { return "resource:" + resource; }

std::string route(const std::string& resource) {
  const std::size_t module = resource.find('/'), type = resource.find('/', module + 1);
  if (type == std::string::npos)
    return "singleton/" + escaped(resource.substr(0, module)) + "/" + escaped(resource.substr(module + 1));
  return "find/" + escaped(resource.substr(0, module)) + "/" + escaped(resource.substr(module + 1, type - module - 1)) +
         "/" + escaped(resource.substr(type + 1));
}

// Nothing: there is no such resource, or no route to read it.
Result<std::optional<Resource>> find(stoker::Call& call, const GatewayClient& gateway, const std::string& resource,
                                     const std::string& collection) {
  const std::string query = collection.empty() ? std::string() : "?collection=" + escaped(collection);
  auto json = gateway.get(call, "/data/api/v1/resources/" + route(resource) + query);
  if (!json && json.error() == errc::not_found) return std::optional<Resource>();
  if (!json) return std::move(json).error();
  auto read = ignition::resource(*json);
  if (!read) return std::move(read).error();
  return std::optional(*std::move(read));
}

// Of several collections the gateway shows the one that wins. A delivered copy that does not win is judged by itself.
Result<void> look_at(stoker::Call& call, const GatewayClient& gateway, const std::string& resource,
                     const std::set<std::string>& delivered_to, Seen& seen) {
  auto shown = find(call, gateway, resource, {});
  if (!shown) return std::move(shown).error();
  if (!*shown) return {};
  const std::string winner = (*shown)->collection;
  if (!delivered_to.empty() && !winner.empty() && !delivered_to.contains(winner)) {
    const std::string& ours = *delivered_to.begin();
    seen.notes.push_back({"hidden", "config/resources/" + ours + "/" + resource,
                          "hidden by " + winner + ": the gateway uses the copy of that collection"});
    auto copy = find(call, gateway, resource, ours);
    if (!copy) return std::move(copy).error();
    if (*copy) shown = *std::move(copy);
  }
  seen.now.resources.insert(resource);
  if (!(*shown)->healthy) seen.now.bad.insert(bad_resource(resource));
  return {};
}

Result<void> look_at_projects(stoker::Call& call, const GatewayClient& gateway, const Footprint& plan,
                              const OnDisk& disk, Baseline& now) {
  auto json = gateway.get(call, "/data/api/v1/projects/list?limit=-1");
  if (!json) return std::move(json).error();
  auto listed = projects(*json);
  if (!listed) return std::move(listed).error();
  for (const Project& project : *listed) {
    now.projects.insert(project.name);
    if (project.invalid_parent) now.bad.insert(bad_project(project.name));
  }
  for (const std::string& project : plan.projects)
    if (!now.projects.contains(project) && disk.project(project)) now.bad.insert(bad_project(project));
  return {};
}

bool is_of_a_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}
// Does the text hold `word`, and not as a part of a longer name?
bool holds_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    // A full stop after the name may end the sentence.
    const bool ends = end == text.size() || !is_of_a_name(text[end]) ||
                      (text[end] == '.' && (end + 1 == text.size() || text[end + 1] == ' '));
    if ((at == 0 || !is_of_a_name(text[at - 1])) && ends) return true;
  }
  return false;
}
// Does the line name the resource? Its type and its name stand in it as they are.
bool names(const LogLine& line, const std::string& resource) {
  const std::size_t module = resource.find('/'), type = resource.find('/', module + 1);
  if (type == std::string::npos) return false;
  return holds_word(line.message, resource.substr(type + 1)) &&
         holds_word(line.message, resource.substr(module + 1, type - module - 1));
}

}  // namespace

Result<Seen> read_back(stoker::Call& call, const GatewayClient& gateway, const Footprint& plan,
                       const std::set<std::string>& already, const OnDisk& disk) {
  Seen seen;
  if (auto looked = look_at_projects(call, gateway, plan, disk, seen.now); !looked) return std::move(looked).error();
  std::map<std::string, std::set<std::string>> resources = plan.resources;
  for (const std::string& resource : already) resources.try_emplace(resource);
  std::size_t looked = 0;
  for (const auto& [resource, delivered_to] : resources) {
    if (++looked > resources_max) {
      seen.unread.insert(resource);
      continue;
    }
    if (auto done = look_at(call, gateway, resource, delivered_to, seen); !done) return std::move(done).error();
  }
  if (!seen.unread.empty())
    seen.notes.push_back({"unread", "",
                          std::to_string(seen.unread.size()) + " resources were not read back, because " +
                              std::to_string(resources_max) + " are read at most"});
  return seen;
}

Result<std::map<std::string, std::string>> find_unloaded(stoker::Call& call, const GatewayClient& gateway,
                                                         const Footprint& plan, std::int64_t from_ms) {
  std::map<std::string, std::string> found;
  auto json = gateway.get(call, "/data/api/v1/logs?startTime=" + std::to_string(from_ms) + "&minLevel=WARN&limit=500");
  if (!json && (json.error() == errc::denied || json.error() == errc::not_found)) return found;
  if (!json) return std::move(json).error();
  auto lines = log_lines(*json);
  if (!lines) return std::move(lines).error();
  for (const LogLine& line : *lines) {
    if (line.message.find("will not be loaded") == std::string::npos) continue;
    for (const auto& [resource, collections] : plan.resources)
      if (names(line, resource)) found.emplace(resource, line.message);
  }
  return found;
}

std::vector<Decision> judge(const Seen& seen, const Footprint& plan, const std::optional<Baseline>& baseline,
                            const OnDisk& disk) {
  const Baseline& now = seen.now;
  const auto counts = [&](const std::string& what, bool project) {
    if (project ? plan.projects_delivered.contains(what) : plan.resources.contains(what)) return true;
    return baseline && (project ? baseline->projects : baseline->resources).contains(what);
  };
  std::map<std::string, std::string> why;
  for (const std::string& bad : now.bad) {
    const bool project = bad.starts_with("project:");
    const std::string what = bad.substr(bad.find(':') + 1);
    if (!counts(what, project)) continue;
    if (!project)
      why[bad] = "resource " + what + " is not healthy";
    else if (now.projects.contains(what))
      why[bad] = "project " + what + ": its parent is missing or not inheritable";
    else
      why[bad] = "project " + what + " is not listed by the gateway";
  }
  if (baseline) {  // what does not lie on disk is gone because somebody took it away, and not because it broke
    for (const std::string& project : baseline->projects)
      if (!now.projects.contains(project) && disk.project(project))
        why.try_emplace(bad_project(project), "project " + project + " was there and is gone");
    for (const std::string& resource : baseline->resources)
      if (!now.resources.contains(resource) && !seen.unread.contains(resource) && disk.resource(resource))
        why.try_emplace(bad_resource(resource), "resource " + resource + " was there and is gone");
  }
  std::vector<Decision> worse;
  for (const auto& [name, reason] : why)
    if (!baseline || !baseline->bad.contains(name)) worse.push_back(Decision::unhealthy(name, reason));
  return worse;
}

}  // namespace ignition
