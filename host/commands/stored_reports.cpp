#include "host/commands/stored_reports.hpp"

#include "host/base/json_fields.hpp"
#include "host/commands/object_fields.hpp"

#include <boost/json.hpp>

namespace stoker::host {
namespace {

namespace json = boost::json;

// "git.dns" of "no route [git.dns]". Empty: it has none.
std::string code_at_end(const std::string& message) {
  const std::size_t open = message.rfind(" [");
  if (open == std::string::npos || !message.ends_with(']')) return {};
  std::string code = message.substr(open + 2, message.size() - open - 3);
  return code.find_first_of(" []") == std::string::npos ? code : std::string();
}

}  // namespace

Report report_at(const json::value& target, const std::string& pointer) {
  const json::value* of = value_at(target, pointer);
  JsonDocument document(of ? json::serialize(*of) : "{}");
  Report report = report_in(document.fields());
  if (report.target.empty()) report.target = name_in(target);
  if (report.sync.empty()) report.sync = text_at(target, "/spec/sync");
  return report;
}

// Its Run only finds what stood before.
Report last_report(const json::value& target) {
  Report report = report_at(target, "/status");
  const std::string problem = text_at(target, "/spec/waiting/problem");  // nothing but the dry run was done
  std::string name = text_at(target, "/spec/hold/name"), reason = text_at(target, "/spec/hold/reason");
  const bool is_ours = text_at(target, "/status/waiting/asked") == text_at(target, "/spec/waiting/asked");
  if (!problem.empty() && is_ours && text_at(target, "/status/waiting/outcome") == "failed")
    return report_at(target, "/status/waiting");
  if (!problem.empty()) {
    name = "dry-run-first";
    reason =
        "a dry run stands against revision " + text_at(target, "/spec/waiting/revision").substr(0, 12) + ": " + problem;
  }
  if (name.empty() || report.error || (report.hold && problem.empty())) return report;
  Hold hold;
  hold.name = std::move(name);
  hold.reason = std::move(reason);
  return report.held(Stage::held, std::move(hold));
}

Error error_in_words(errc kind, std::string message) {
  std::string code = code_at_end(message);
  if (!code.empty()) message.erase(message.size() - code.size() - 3);
  return {kind, std::move(message), std::move(code)};
}

Report failed_report(const std::string& target, const json::value& sync, Stage stage, Error why) {
  Report report;
  report.target = target;
  report.sync = name_in(sync);
  report.failed(stage, std::move(why));
  return report;
}

Report held_report(const std::string& target, const json::value& sync, const std::string& name, std::string reason) {
  Report report;
  report.target = target;
  report.sync = name_in(sync);
  Hold hold;
  hold.name = name;
  hold.reason = std::move(reason);
  report.held(Stage::held, std::move(hold));
  return report;
}

Report unresolved(const std::string& target, const json::value& sync) {
  const std::string why = condition_in(sync, "RefResolved", "message");
  Error error = error_in_words(errc::unreachable, why.empty() ? "the ref is not resolved" : why);
  error.retryable = why.find("it is tried again") != std::string::npos;
  return failed_report(target, sync, Stage::resolve, std::move(error));
}

}  // namespace stoker::host
