#include "host/api/object_path.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <algorithm>
#include <vector>

namespace stoker::host {
namespace {

// Without what stands before the resources of a group: "apis", group, version; or "api", version.
const Kind* kind_in(std::vector<std::string>& steps) {
  const bool grouped = !steps.empty() && steps[0] == "apis";
  const std::size_t before = grouped ? 3 : 2;
  if (steps.size() <= before || (!grouped && steps[0] != "api")) return nullptr;
  const std::string group = grouped ? steps[1] : "", version = steps[before - 1];
  steps.erase(steps.begin(), steps.begin() + std::ptrdiff_t(before));
  // namespaces/NS/plural/…, or plural/…
  const std::string& plural = steps[0] == "namespaces" && steps.size() > 2 ? steps[2] : steps[0];
  const auto found = std::find_if(kinds().begin(), kinds().end(), [&](const Kind& kind) {
    return kind.group == group && kind.version == version && kind.plural == plural;
  });
  return found == kinds().end() ? nullptr : &*found;
}

ObjectPath path_of(std::vector<std::string> steps) {
  ObjectPath path;
  const Kind* kind = kind_in(steps);
  if (!kind) return path;
  const bool has_space = steps[0] == "namespaces" && steps.size() > 2;
  std::vector<std::string*> fields{&path.name, &path.subresource};
  if (has_space) path.name_space = steps[1];
  const std::size_t first = has_space ? 3 : 1;
  // An object has a namespace, and nothing lies below a subresource.
  if (steps.size() > first + fields.size() || (!has_space && steps.size() > first)) return {};
  for (std::size_t i = first; i < steps.size(); ++i) *fields[i - first] = steps[i];
  if (std::any_of(steps.begin(), steps.end(), [](const std::string& step) { return step.empty(); })) return {};
  path.kind = kind;
  return path;
}

}  // namespace

Result<RequestTarget> request_target(std::string_view target) {
  const auto parsed = boost::urls::parse_origin_form(boost::urls::string_view(target.data(), target.size()));
  if (!parsed) return Error(errc::invalid, "the target of the request is no path", "api.bad-request");
  RequestTarget found;
  found.text = parsed->path();
  std::vector<std::string> steps;
  for (const auto& segment : parsed->segments()) steps.push_back(segment);
  found.path = path_of(std::move(steps));
  for (const auto& parameter : parsed->params()) found.parameters[parameter.key] = parameter.value;
  return found;
}

std::string target_of(const ObjectPath& path, const Parameters& parameters) {
  boost::urls::url url;
  url.set_path_absolute(true);
  auto steps = url.segments();
  if (path.kind->group.empty()) {
    steps.push_back("api");
  } else {
    steps.push_back("apis");
    steps.push_back(path.kind->group);
  }
  steps.push_back(path.kind->version);
  if (!path.name_space.empty()) {
    steps.push_back("namespaces");
    steps.push_back(path.name_space);
  }
  steps.push_back(path.kind->plural);
  if (!path.name.empty()) steps.push_back(path.name);
  if (!path.subresource.empty()) steps.push_back(path.subresource);
  for (const auto& [key, value] : parameters) url.params().append({key, value});
  return std::string(url.encoded_target());
}

}  // namespace stoker::host
