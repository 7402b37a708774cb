#include "host/run/run_step.hpp"

#include <boost/json.hpp>

namespace stoker::host {

namespace json = boost::json;

ShownStep shown(const std::string& target, const RunStep& step, std::int64_t now_ms) {
  ShownStep shown;
  shown.target = target;
  shown.stage = name(step.stage);
  shown.run_ms = now_ms - step.run_began_ms;
  shown.stage_ms = now_ms - step.stage_began_ms;
  shown.changes = step.changes;
  return shown;
}

std::string to_json(const std::vector<ShownStep>& steps) {
  json::array runs;
  for (const ShownStep& step : steps)
    runs.push_back({{"target", step.target},
                    {"stage", step.stage},
                    {"runMs", step.run_ms},
                    {"stageMs", step.stage_ms},
                    {"changes", step.changes}});
  return json::serialize(json::object{{"format", 1}, {"runs", std::move(runs)}});
}

std::vector<ShownStep> run_steps_in(const std::string& document) {
  boost::system::error_code none;
  const json::value whole = json::parse(document, none);
  const json::value* runs = none ? nullptr : whole.find_pointer("/runs", none);
  std::vector<ShownStep> steps;
  if (!runs || !runs->is_array()) return steps;
  for (const json::value& run : runs->get_array()) {
    const auto text = [&](const char* pointer) {
      const json::value* found = run.find_pointer(pointer, none);
      return found && found->is_string() ? std::string(found->get_string()) : std::string();
    };
    const auto number = [&](const char* pointer) {
      const json::value* found = run.find_pointer(pointer, none);
      return found && found->is_int64() && found->get_int64() > 0 ? found->get_int64() : 0;
    };
    ShownStep step;
    step.target = text("/target");
    step.stage = text("/stage");
    step.run_ms = number("/runMs");
    step.stage_ms = number("/stageMs");
    step.changes = static_cast<std::uint64_t>(number("/changes"));
    if (!step.target.empty()) steps.push_back(std::move(step));
  }
  return steps;
}

}  // namespace stoker::host
